// The bodies of the commands as trees, and trees with something wrong in them.

import Domain
import Wire

enum Bodies {
    static let user = "0a0a0a0a-0000-4000-8000-000000000011"
    static let wallet = "0b0b0b0b-0000-8000-8000-000000000011"
    static let payee = "0b0b0b0b-0000-8000-8000-000000000022"
    static let other = "0c0c0c0c-0000-8000-8000-000000000001"
    /// Stands in values and never in keys, so that no error may show it.
    static let secret = "sEcReT"

    private static func money(_ amount: String = "150000") -> JSON {
        .object([.init("amount", .number(amount)), .init("currency", .string("DZD"))])
    }

    static func body(_ type: CommandType) -> JSON {
        switch type {
        case .openWallet: object(["type": .string("personal"), "currency": .string("DZD"), "name": .string(secret)])
        case .submitTransfer:
            object(
                ["from": .string(wallet), "to": object(["wallet": .string(payee)]), "amount": money()],
                ["description": .string(secret), "metadata": object(["order": .string(secret)])])
        case .submitTopUp:
            object(
                ["wallet": .string(wallet), "method": .string("card"), "amount": money()],
                ["payment_method_id": .string(secret)]
            )
        case .settleTopUp: object(["wallet": .string(wallet), "result": .string("captured"), "amount": money()])
        case .addBeneficiary:
            object(["wallet": .string(wallet), "rib": .string("00799999002345678941"), "holder_name": .string(secret)])
        case .verifyBeneficiary: object(["wallet": .string(wallet)])
        case .submitWithdrawal:
            object([
                "wallet": .string(wallet), "beneficiary": .string(other), "speed": .string("express"),
                "amount": money(),
            ])
        case .settleWithdrawal: object(["wallet": .string(wallet), "step": .string("sent")])
        case .cancelWithdrawal, .expireWithdrawal: object(["wallet": .string(wallet)])
        default: bodyOfWalletOrTransfer(type)
        }
    }

    private static func bodyOfWalletOrTransfer(_ type: CommandType) -> JSON {
        switch type {
        case .openSubWallet: object(["name": .string(secret)])
        case .freezeWallet, .unfreezeWallet, .closeWallet: object(["reason": .string(secret)])
        case .setMember: object(["user": .string(user), "role": .string("viewer")])
        case .submitPayment:
            object(
                ["from": .string(wallet), "to": .string(payee), "amount": money()],
                ["reference": .string(secret), "metadata": object(["order": .string(secret)])])
        case .submitRefund: object(["wallet": .string(wallet), "amount": money(), "reason": .string(secret)])
        case .openDispute:
            object(["wallet": .string(wallet), "payment": .string(other), "reason": .string(secret)])
        case .settleDispute: object(["wallet": .string(wallet), "text": .string(secret)])
        case .submitMove:
            object([
                "from": object(["wallet": .string(wallet), "bucket": .string("available")]),
                "to": object(["wallet": .string(wallet), "bucket": .string("reserve")]), "amount": money(),
            ])
        case .submitBulk:
            object([
                "from": .string(wallet), "all_or_nothing": .bool(true),
                "legs": .array([
                    object(["to": object(["wallet": .string(payee)]), "amount": money(), "reference": .string(secret)])
                ]),
            ])
        default: object([:])
        }
    }

    static func target(_ type: CommandType) -> String {
        switch type {
        case .settleTopUp: "topup=\(other)"
        case .verifyBeneficiary: "beneficiary=\(other)"
        case .settleWithdrawal, .cancelWithdrawal, .expireWithdrawal: "withdrawal=\(other)"
        case .removeBeneficiary: "beneficiary=\(other) wallet=\(wallet)"
        case .openSubWallet, .freezeWallet, .unfreezeWallet, .closeWallet, .setMember: "wallet=\(wallet)"
        case .removeMember: "user=\(user) wallet=\(wallet)"
        case .submitRefund: "payment=\(other)"
        case .settleDispute: "dispute=\(other) step=answer"
        default: ""
        }
    }

    /// Which fields a body may have beside those that it must.
    private static let optional: [CommandType: Set<String>] = [
        .openWallet: ["name"], .submitTransfer: ["description", "metadata"], .submitTopUp: ["payment_method_id"],
        .submitPayment: ["reference", "metadata"], .freezeWallet: ["reason"], .unfreezeWallet: ["reason"],
        .closeWallet: ["reason"],
    ]

    static func allowed(_ type: CommandType) -> Set<String> { Set(keys(body(type))) }
    static func required(_ type: CommandType) -> Set<String> { allowed(type).subtracting(optional[type] ?? []) }

    static func amount(of request: Request) -> Money? {
        switch request {
        case .submitTransfer(let transfer): transfer.amount
        case .submitPayment(let payment): payment.amount
        case .submitRefund(let refund): refund.amount
        case .submitMove(let move): move.amount
        case .submitTopUp(let topUp): topUp.amount
        case .settleTopUp(let settlement): settlement.amount
        case .submitWithdrawal(let withdrawal): withdrawal.amount
        default: nil
        }
    }

    private static func keys(_ tree: JSON) -> [String] {
        guard case .object(let members) = tree else { return [] }
        return members.map(\.key)
    }

    private static func object(_ members: KeyValuePairs<String, JSON>, _ more: KeyValuePairs<String, JSON> = [:])
        -> JSON
    {
        .object((Array(members) + Array(more)).map { JSON.Member($0.key, $0.value) })
    }

    // MARK: - Changes

    private static let values: [JSON] =
        JSONTexts.numbers.map { .number($0) } + [
            .null, .bool(true), .string(""), .string(secret), .string("a\nb"), .string(wallet),
            .string(wallet.uppercased()),
            .string("DZD"), .string("dzd"), .string("XXX"), .string("150000"),
            .string(String(repeating: secret, count: 400)),
            .array([]), .object([]), .array([.number("1")]), money("1"), money("0"), money("10000000000000"),
            money("10000000000001"), money("1.0"), money("-1"), money("1e3"), .object([.init("wallet", .null)]),
        ]

    private static let keys = ["amount", "currency", "wallet", "from", "x", "", "Amount", "amount ", "a\u{301}mount"]

    /// A tree with one thing changed, anywhere in it.
    static func changed(_ tree: JSON, _ random: inout Seeded) -> JSON {
        guard case .object(var members) = tree, !members.isEmpty, !random.chance(3) else {
            return random.one(of: values)
        }
        let index = random.below(members.count)
        let member = members[index]
        switch random.below(8) {
        case 0: members.remove(at: index)
        case 1: members.insert(.init(random.one(of: keys), random.one(of: values)), at: index)
        case 2: members[index] = .init(random.one(of: keys), member.value)
        case 3: members.append(.init(member.key, random.chance(50) ? member.value : random.one(of: values)))
        case 4: members[index] = .init(member.key, random.one(of: values))
        default:
            guard case .object = member.value else {
                members[index] = .init(member.key, random.one(of: values))
                break
            }
            members[index] = .init(member.key, changed(member.value, &random))
        }
        return .object(members)
    }

    /// Any small tree; its keys may be equal.
    static func any(depth: Int = 0, _ random: inout Seeded) -> JSON {
        switch random.below(depth > 3 ? 2 : 4) {
        case 0, 1: return random.chance(50) ? random.one(of: values) : .string(random.one(of: JSONTexts.strings))
        case 2: return .array((0..<random.below(4)).map { _ in any(depth: depth + 1, &random) })
        default:
            return .object(
                (0..<random.below(5)).map { index in
                    let key = random.chance(50) ? "k\(index)" : random.one(of: JSONTexts.strings)
                    return .init(key, any(depth: depth + 1, &random))
                })
        }
    }

    /// The same objects with their members in another order.
    static func shuffled(_ tree: JSON, _ random: inout Seeded) -> JSON {
        switch tree {
        case .object(let members):
            let inner = members.map { JSON.Member($0.key, shuffled($0.value, &random)) }
            return .object(inner.shuffled(using: &random))
        case .array(let elements): return .array(elements.map { shuffled($0, &random) })
        default: return tree
        }
    }

    /// A tree as text, each string in one of the ways in which it can be written, with white space here and there.
    static func text(_ tree: JSON, _ random: inout Seeded) -> String {
        let space = random.chance(90) ? "" : " \n"
        switch tree {
        case .null: return "null"
        case .bool(let bool): return bool ? "true" : "false"
        case .number(let token): return token
        case .string(let text): return JSONTexts.string(text, &random)
        case .array(let elements):
            return "[" + elements.map { space + text($0, &random) }.joined(separator: ",") + space + "]"
        case .object(let members):
            let written = members.map { JSONTexts.string($0.key, &random) + space + ":" + text($0.value, &random) }
            return "{" + space + written.joined(separator: ",") + space + "}"
        }
    }
}
