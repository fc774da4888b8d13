// A small day of traffic: every type of command, every kind of ending, refusals among them, over two lanes.

import Domain
import Ledger
import Wire

struct SampleDay {
    var writer: LedgerWriter
    private var submissions = 0
    /// Opened by the second person.
    private(set) var merchant = WalletID(high: 0, low: 0)
    /// The fourth person's that was captured.
    private(set) var cardTopUp = CommandID(high: 0, low: 0)
    let people: [OwnerID] = (1...6).map {
        OwnerID(high: 0x2a00_0000_0000_4000, low: 0x8000_0000_0000_0000 | $0)
    }
    var wallets: [WalletID] { people.map { WalletID(ofPerson: $0, .dzd) } }

    init(_ writer: LedgerWriter) { self.writer = writer }

    mutating func play() throws {
        try open()
        try topUp()
        try transfer()
        let beneficiary = try addBeneficiaries()
        try withdraw(to: beneficiary)
        try giveUp(beneficiary)
        try refuse()
        try trade()
        try changeWallets()
        try keepBooks()
        // Money changes hands in every lane to the end, so that each lane's last batch has entries.
        try transferAround()
    }

    func lane(_ wallet: WalletID) -> Int16 { Int16(wallet.lastByte & 1) }

    private func lane(_ person: Int) -> Int16 { Int16(people[person].lastByte & 1) }

    mutating func submit(
        _ person: Int, _ type: String, target: String = "", _ body: String, user: OwnerID? = nil, isLate: Bool = false,
        resolved: Resolved = Resolved()
    ) -> Submission {
        submissions += 1
        return Submission(
            type, target: target, body, by: user ?? people[person], key: "key \(submissions)", resolved: resolved,
            isLate: isLate)
    }

    func money(_ amount: Int) -> String { #"{"amount":\#(amount),"currency":"DZD"}"# }

    // MARK: - Wallets and money in

    private mutating func open() throws {
        let verified = Resolved(
            verification: Verification(
                level: 2, expiresAt: Timestamp(microseconds: 4_102_444_800_000_000),
                levelOneExpiresAt: Timestamp(microseconds: 4_102_444_800_000_000)))
        for person in people.indices {
            let body = #"{"type":"personal","currency":"DZD","name":"Person \#(person)"}"#
            try writer.write([submit(person, "wallet.open.v1", body, resolved: verified)], lane: lane(person))
        }
        // A second wallet of one person in a currency is refused; a merchant's is another owner's.
        let again = #"{ "currency": "DZD", "type": "personal" }"#
        let shop = #"{"type":"business","currency":"DZD","name":"متجر"}"#
        try writer.write([submit(0, "wallet.open.v1", again, resolved: verified)], lane: lane(0))
        let merchant = submit(1, "wallet.open.v1", shop, resolved: verified)
        let lane = Int16(OwnerID(ofMerchantOpenedBy: merchant.id).lastByte & 1)
        try writer.write([merchant], lane: lane)
        self.merchant = WalletID(ofMerchant: OwnerID(ofMerchantOpenedBy: merchant.id), openedBy: merchant.id)
    }

    private mutating func topUp() throws {
        for person in people.indices {
            let wallet = wallets[person]
            let method = ["card", "mobile", "bank_transfer"][person % 3]
            let topUps = [5_000_000, 100_000, 70_000].map { amount in
                submit(
                    person, "topup.submit.v1",
                    #"{"wallet":"\#(wallet)","method":"\#(method)","amount":\#(money(amount))}"#)
            }
            try writer.write(topUps, lane: lane(person))
            if person == 3 { cardTopUp = topUps[0].id }
            // The first is captured, the second declined, the third stays unanswered.
            let facts = zip(topUps, [("captured", 5_000_000), ("declined", 100_000)]).map { topUp, answer in
                Submission(
                    fact: "topup.settle.v1", target: "topup=\(topUp.id)",
                    #"{"wallet":"\#(wallet)","result":"\#(answer.0)","amount":\#(money(answer.1))}"#, by: "topups",
                    key: "topup/\(topUp.id)/\(answer.0)")
            }
            // Told twice: the second time writes nothing.
            try writer.write(facts, lane: lane(person))
            try writer.write(facts, lane: lane(person))
        }
    }

    // MARK: - Transfers

    private mutating func pay(_ from: Int, _ to: Int, _ amount: Int) -> Submission {
        submit(
            from, "transfer.submit.v1",
            #"{"from":"\#(wallets[from])","to":{"wallet":"\#(wallets[to])"},"#
                + #""amount":\#(money(amount)),"description":"lunch"}"#)
    }

    private mutating func transfer() throws {
        for round in 0..<5 {
            for from in people.indices {
                let batch = (1...3).map { pay(from, (from + $0) % people.count, 10_000 + 100 * round + $0) }
                try writer.write(batch, lane: lane(from))
            }
        }
    }

    private mutating func transferAround() throws {
        for from in people.indices {
            try writer.write([pay(from, (from + 1) % people.count, 12_345)], lane: lane(from))
        }
    }

    // MARK: - Money out

    private mutating func addBeneficiaries() throws -> [BeneficiaryID] {
        var added: [BeneficiaryID] = []
        for person in [0, 1] {
            for name in ["A. Benali", "Never verified"] {
                let add = submit(
                    person, "beneficiary.add.v1",
                    #"{"wallet":"\#(wallets[person])","rib":"00799999002345678941","holder_name":"\#(name)"}"#)
                try writer.write([add], lane: lane(person))
                added.append(BeneficiaryID(addedBy: add.id))
            }
            let verified = added[added.count - 2]
            try writer.write(
                [
                    Submission(
                        fact: "beneficiary.verify.v1", target: "beneficiary=\(verified)",
                        #"{"wallet":"\#(wallets[person])"}"#, by: "identity", key: "beneficiary/\(verified)/verified")
                ], lane: lane(person))
        }
        let wrong = submit(
            2, "beneficiary.add.v1",
            #"{"wallet":"\#(wallets[2])","rib":"00799999002345678942","holder_name":"Wrong key"}"#)
        try writer.write([wrong], lane: lane(2))
        return added
    }

    private mutating func withdraw(to beneficiaries: [BeneficiaryID]) throws {
        let endings = [[], ["sent"], ["sent", "confirmed"], ["sent", "returned"], ["sent", "confirmed", "returned"]]
        for (index, steps) in (endings + endings).enumerated() {
            let person = index % 2
            let withdrawal = submit(
                person, "withdrawal.submit.v1",
                #"{"wallet":"\#(wallets[person])","beneficiary":"\#(beneficiaries[person * 2])","#
                    + #""speed":"\#(index < 5 ? "standard" : "express")","amount":\#(money(50_000 + index))}"#)
            try writer.write([withdrawal], lane: lane(person))
            if steps.isEmpty, index > 4 {
                // The one is taken back; it cannot be taken back twice.
                for _ in 0..<2 {
                    let cancellation = submit(
                        person, "withdrawal.cancel.v1", target: "withdrawal=\(withdrawal.id)",
                        #"{"wallet":"\#(wallets[person])"}"#)
                    try writer.write([cancellation], lane: lane(person))
                }
            }
            for step in steps {
                let fact = Submission(
                    fact: "withdrawal.settle.v1", target: "withdrawal=\(withdrawal.id)",
                    #"{"wallet":"\#(wallets[person])","step":"\#(step)"}"#, by: "payouts",
                    key: "withdrawal/\(withdrawal.id)/\(step)")
                try writer.write([fact], lane: lane(person))
            }
        }
        let unverified = submit(
            0, "withdrawal.submit.v1",
            #"{"wallet":"\#(wallets[0])","beneficiary":"\#(beneficiaries[1])","#
                + #""speed":"standard","amount":\#(money(1000))}"#)
        try writer.write([unverified], lane: lane(0))
    }

    /// What could not be sent is given back, and a bank account is taken off the list; neither can be done twice.
    private mutating func giveUp(_ beneficiaries: [BeneficiaryID]) throws {
        let withdrawal = submit(
            1, "withdrawal.submit.v1",
            #"{"wallet":"\#(wallets[1])","beneficiary":"\#(beneficiaries[2])","#
                + #""speed":"express","amount":\#(money(4_000))}"#)
        try writer.write([withdrawal], lane: lane(1))
        for day in 30...31 {
            let fact = Submission(
                fact: "withdrawal.expire.v1", target: "withdrawal=\(withdrawal.id)", #"{"wallet":"\#(wallets[1])"}"#,
                by: "payouts", key: "withdrawal/\(withdrawal.id)/expired/0.\(day)")
            try writer.write([fact], lane: lane(1))
        }
        for _ in 0..<2 {
            let removal = submit(
                1, "beneficiary.remove.v1", target: "beneficiary=\(beneficiaries[3]) wallet=\(wallets[1])", "{}")
            try writer.write([removal], lane: lane(1))
        }
    }

    // MARK: - Refusals

    private mutating func refuse() throws {
        let stranger = OwnerID(high: 7, low: 0x8000_0000_0000_0000)
        let refused = [
            pay(0, 1, 9_000_000_000), pay(0, 0, 100),
            submit(
                0, "transfer.submit.v1",
                #"{"from":"\#(wallets[0])","to":{"wallet":"\#(wallets[1])"},"amount":\#(money(5))}"#, user: stranger),
            submit(
                0, "transfer.submit.v1",
                #"{"from":"\#(wallets[0])","to":{"wallet":"\#(wallets[1])"},"amount":\#(money(5))}"#, isLate: true),
            submit(
                0, "topup.submit.v1",
                #"{"wallet":"\#(wallets[0])","method":"card","amount":\#(money(5))}"#, user: stranger),
            submit(0, "transfer.submit.v1", #"{"from":"\#(wallets[0])","amount":1.5}"#),
            submit(0, "transfer.submit.v1", "not JSON"), submit(0, "wallet.paint.v1", "{}"),
        ]
        try writer.write(refused, lane: lane(0))
        let facts = ["topup.settle.v1", "withdrawal.settle.v1", "beneficiary.verify.v1"].map { type in
            let name = type.split(separator: ".")[0]
            return Submission(
                fact: type, target: "\(name)=\(CommandID(high: 1, low: 1))",
                #"{"wallet":"\#(wallets[1])","\#(name == "topup" ? "result" : "step")":"captured","#
                    + #""amount":\#(money(1))}"#,
                by: "topups", key: "unknown \(type)")
        }
        try writer.write(facts, lane: lane(1))
    }
}
