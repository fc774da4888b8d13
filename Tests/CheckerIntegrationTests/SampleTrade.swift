// The part of the sample day that is about merchants, and about wallets themselves.

import Domain
import Wire

extension SampleDay {
    // MARK: - Payments and what comes back of them

    mutating func trade() throws {
        var payments: [CommandID] = []
        for (number, reference) in ["INV-1", "INV-2", "INV-3", "INV-1"].enumerated() {
            let payment = submit(
                0, "payment.submit.v1",
                #"{"from":"\#(wallets[0])","to":"\#(merchant)","amount":\#(money(20_001 + number)),"#
                    + #""reference":"\#(reference)"}"#)
            try writer.write([payment], lane: lane(wallets[0]))
            payments.append(payment.id)
        }
        for amount in [3_333, 1, 90_000] { try refund(payments[0], amount) }
        let accepted = try dispute(payments[0])
        try settle(accepted, "answer")
        try settle(accepted, "accept")
        let dismissed = try dispute(payments[1])
        // A merchant does not reject, an operator does.
        try settle(dismissed, "reject")
        let operators = submit(
            5, "dispute.settle.v1", target: "dispute=\(dismissed) step=reject",
            #"{"wallet":"\#(merchant)","text":"the parcel was signed for"}"#)
        try writer.write([operators.granting(.operatorRole)], lane: lane(merchant))
        _ = try dispute(payments[2])
        _ = try dispute(payments[2])
        try move(merchant, "available", merchant, "reserve", 5_000)
        try move(merchant, "available", wallets[1], "available", 5_000)
        for (isAllOrNothing, amounts) in [
            (true, [10, 20]), (false, [10, 9_000_000_000]), (true, [10, 9_000_000_000]),
        ] {
            let legs = zip(amounts, [2, 3]).map { amount, payee in
                #"{"to":{"wallet":"\#(wallets[payee])"},"amount":\#(money(amount))}"#
            }
            let bulk = submit(
                0, "bulk.submit.v1",
                #"{"from":"\#(wallets[0])","all_or_nothing":\#(isAllOrNothing),"legs":["#
                    + legs.joined(separator: ",") + "]}")
            try writer.write([bulk], lane: lane(wallets[0]))
        }
    }

    private mutating func refund(_ payment: CommandID, _ amount: Int) throws {
        let refund = submit(
            1, "refund.submit.v1", target: "payment=\(payment)",
            #"{"wallet":"\#(merchant)","amount":\#(money(amount)),"reason":"broken"}"#)
        try writer.write([refund], lane: lane(merchant))
    }

    private mutating func dispute(_ payment: CommandID) throws -> CommandID {
        let dispute = submit(
            0, "dispute.open.v1", #"{"wallet":"\#(wallets[0])","payment":"\#(payment)","reason":"never came"}"#)
        try writer.write([dispute], lane: lane(wallets[0]))
        return dispute.id
    }

    private mutating func settle(_ dispute: CommandID, _ step: String) throws {
        let settlement = submit(
            1, "dispute.settle.v1", target: "dispute=\(dispute) step=\(step)",
            #"{"wallet":"\#(merchant)","text":"as agreed"}"#)
        try writer.write([settlement], lane: lane(merchant))
    }

    private mutating func move(
        _ from: WalletID, _ bucket: String, _ to: WalletID, _ other: String, _ amount: Int
    ) throws {
        let move = submit(
            1, "move.submit.v1",
            #"{"from":{"wallet":"\#(from)","bucket":"\#(bucket)"},"to":{"wallet":"\#(to)","bucket":"\#(other)"},"#
                + #""amount":\#(money(amount))}"#)
        try writer.write([move], lane: lane(from))
    }

    // MARK: - Wallets

    mutating func changeWallets() throws {
        let wallet = wallets[5]
        for act in ["freeze", "unfreeze", "freeze", "freeze", "unfreeze", "close"] {
            try change(5, "wallet.\(act).v1", target: "wallet=\(wallet)", "{}", wallet)
        }
        let sub = submit(5, "subwallet.open.v1", target: "wallet=\(wallet)", #"{"name":"Taxes"}"#)
        try writer.write([sub], lane: lane(wallet))
        let subWallet = WalletID(besides: wallet, openedBy: sub.id)
        try change(5, "wallet.close.v1", target: "wallet=\(subWallet)", "{}", subWallet)
        try change(5, "subwallet.open.v1", target: "wallet=\(wallet)", #"{"name":"Rent"}"#, wallet)
        for role in ["viewer", "manager"] {
            try change(
                1, "member.set.v1", target: "wallet=\(merchant)", #"{"user":"\#(people[2])","role":"\#(role)"}"#,
                merchant)
        }
        try change(1, "member.remove.v1", target: "user=\(people[2]) wallet=\(merchant)", "{}", merchant)
    }

    private mutating func change(
        _ person: Int, _ type: String, target: String, _ body: String, _ wallet: WalletID
    ) throws {
        try writer.write([submit(person, type, target: target, body)], lane: lane(wallet))
    }
}

extension Submission {
    /// The same by somebody with a role.
    func granting(_ permissions: Permissions) -> Submission {
        Submission(
            content.type, target: content.target, String(decoding: content.body, as: UTF8.self), by: user, key: key,
            permissions: permissions)
    }
}
