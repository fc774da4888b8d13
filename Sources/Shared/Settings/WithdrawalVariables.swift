// What fleet and ingress are told of withdrawals: the same in every process, so read in one place.

public import Domain

extension WithdrawalRules {
    /// - Throws: naming the variable, and for a list the line that is wrong; never what is there.
    public init(_ variables: Variables) throws(SettingError) {
        let holidays = try variables.list("WALLET_HOLIDAYS") { text throws(ListText.Failure) in
            try Holidays(text: text)
        }
        let banks = try variables.list("WALLET_BANKS") { text throws(ListText.Failure) in
            try BankDirectory(text: text)
        }
        let opening = try variables.choice("WALLET_BANKING_OPENING") { TimeOfDay($0) }
        let cutOff = try variables.choice("WALLET_BANKING_CUT_OFF") { TimeOfDay($0) }
        let standard = BankingHours.standard
        guard let hours = BankingHours(opening: opening ?? standard.opening, cutOff: cutOff ?? standard.cutOff) else {
            throw SettingError(
                variable: "WALLET_BANKING_CUT_OFF", problem: "must be after the opening, WALLET_BANKING_OPENING")
        }
        self.init(
            calendar: BusinessCalendar(holidays: holidays ?? .standard, hours: hours), banks: banks ?? .standard)
        if let hours = try variables.integer("WALLET_EXPRESS_BENEFICIARY_HOURS", in: 0...720) {
            expressBeneficiaryHours = Int64(hours)
        }
    }
}

extension Variables {
    /// A list in a file of its own; nil when none is named.
    fileprivate func list<List>(
        _ variable: String, _ read: (String) throws(ListText.Failure) -> List
    ) throws(SettingError) -> List? {
        guard optional(variable) != nil else { return nil }
        guard let text = String(validating: try file(variable), as: UTF8.self) else { throw .unusable(variable) }
        do throws(ListText.Failure) {
            return try read(text)
        } catch {
            throw SettingError(variable: variable, problem: "names a list that is wrong: \(error)")
        }
    }
}
