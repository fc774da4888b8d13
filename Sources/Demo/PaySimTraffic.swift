// What a PaySim file's rows become: openings, first balances, beneficiaries, and the movements themselves.

import Domain

/// A source of actions, in order.
protocol Traffic {
    /// The next action, nil at the end.
    mutating func next() throws -> Action?
    /// How many there are, where that is known.
    var total: Int? { get }
    /// What was left out, for the report: a line each.
    var remarks: [String] { get }
}

/// A list that is known beforehand.
struct PlannedTraffic: Traffic {
    private let actions: [Action]
    private var position = 0

    init(_ actions: [Action]) {
        self.actions = actions
    }

    var total: Int? { actions.count }
    var remarks: [String] { [] }

    mutating func next() -> Action? {
        guard position < actions.count else { return nil }
        defer { position += 1 }
        return actions[position]
    }
}

/// The actions of a PaySim file. What each kind of row becomes is described in docs/demo.md.
struct PaySimTraffic: Traffic {
    private struct Holder {
        let participant: Participant
        var isFunded = false
        var beneficiary: BeneficiaryID?
    }

    private let scale: DecimalNumber
    private var reader: PaySimReader
    private var playbook: Playbook
    private var holders: [String: Holder] = [:]
    /// Actions of the row read last, in reverse.
    private var waiting: [Action] = []
    private(set) var rowsRead = 0
    private(set) var rowsSkipped = 0

    /// Reads the whole file once, so that a bad line stops before anything is played, and opens it again.
    init(path: String, scale: DecimalNumber) throws(PaySimError) {
        var check = try PaySimReader(path: path)
        while let row = try check.next() { _ = try Self.centimes(row, scale) }
        self.scale = scale
        playbook = Playbook(label: runLabel("paysim", check.digest, "\(scale.units)e-\(scale.places)"))
        reader = try PaySimReader(path: path)
    }

    var total: Int? { nil }

    var remarks: [String] {
        ["\(rowsRead) rows read, \(rowsSkipped) skipped because their scaled amount is 0"]
    }

    mutating func next() throws -> Action? {
        while waiting.isEmpty {
            guard let row = try reader.next() else { return nil }
            rowsRead += 1
            waiting = try actions(of: row).reversed()
        }
        return waiting.removeLast()
    }

    // MARK: - Rows

    private mutating func actions(of row: PaySimRow) throws(PaySimError) -> [Action] {
        let (amount, balance) = try Self.centimes(row, scale)
        var actions: [Action] = []
        var origin = holder(row.origin, &actions)
        let destination = holder(row.destination, &actions).participant
        if !origin.isFunded {
            origin.isFunded = true
            if balance > 0 { actions.append(playbook.topUp(origin.participant, .bankTransfer, balance, nil)) }
        }
        if amount == 0 {
            rowsSkipped += 1
        } else {
            switch row.kind {
            case .cashIn:
                actions.append(playbook.topUp(origin.participant, .card, amount, nil))
            case .payment where destination.kind == .merchant:
                actions.append(playbook.pay(destination, from: origin.participant, amount))
            case .payment, .transfer:
                actions.append(playbook.transfer(from: origin.participant, to: destination, amount))
            case .cashOut, .debit:
                let beneficiary = bank(of: &origin, &actions)
                actions.append(playbook.withdraw(origin.participant, to: beneficiary, .standard, amount))
            }
        }
        holders[row.origin] = origin
        return actions
    }

    /// Who bears a name; the wallet is opened when the name is first seen.
    private mutating func holder(_ name: String, _ actions: inout [Action]) -> Holder {
        if let holder = holders[name] { return holder }
        let holder = Holder(
            participant: Participant(label: playbook.label, name: name, kind: name.hasPrefix("M") ? .merchant : .person)
        )
        holders[name] = holder
        actions.append(playbook.open(holder.participant))
        return holder
    }

    private mutating func bank(of holder: inout Holder, _ actions: inout [Action]) -> BeneficiaryID {
        if let beneficiary = holder.beneficiary { return beneficiary }
        let account = UInt64(holder.participant.name.dropFirst().suffix(10)) ?? 0
        let (action, beneficiary) = playbook.addBeneficiary(holder.participant, .atOnce, account: account)
        holder.beneficiary = beneficiary
        actions.append(action)
        return beneficiary
    }

    /// Amount and first balance in whole centimes, by the scale.
    private static func centimes(
        _ row: PaySimRow, _ scale: DecimalNumber
    ) throws(PaySimError) -> (amount: Int64, balance: Int64) {
        func scaled(_ number: DecimalNumber, _ field: String) throws(PaySimError) -> Int64 {
            guard let centimes = number.hundredths(times: scale), centimes <= Money.commandRange.upperBound else {
                throw PaySimError(reason: .field(field), line: row.line)
            }
            return centimes
        }
        return (try scaled(row.amount, "amount"), try scaled(row.originBalance, "oldbalanceOrg"))
    }
}
