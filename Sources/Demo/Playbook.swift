// Turns intentions into actions: makes the request, keeps the books, and writes the predicted answer beside it.

import Domain
import Wire

/// How the top-ups' payment service and the withdrawals' bank are told to behave: those of docs/sandbox.md that come to an
/// end by themselves.
enum Scenario: CaseIterable, Sendable {
    case atOnce
    case late
    case twice
    case refused
    case slow
    case timeout
    case callback
    case callbackFirst
    case callbackTwice
    case wrongOrder
    case wrongSignature

    /// The `payment_method_id` by which the stand-in for `payment` knows the scenario.
    var paymentMethod: String {
        switch self {
        case .atOnce: "pm_at_once"
        case .late: "pm_late"
        case .twice: "pm_twice"
        case .refused: "pm_refused"
        case .slow: "pm_slow"
        case .timeout: "pm_timeout"
        case .callback: "pm_callback"
        case .callbackFirst: "pm_callback_first"
        case .callbackTwice: "pm_callback_twice"
        case .wrongOrder: "pm_wrong_order"
        case .wrongSignature: "pm_wrong_signature"
        }
    }

    /// The branch by which the stand-in for the bank knows it.
    var branch: UInt64 {
        switch self {
        case .atOnce: 1
        case .late: 90_001
        case .twice: 90_002
        case .refused: 90_003
        case .slow: 90_005
        case .timeout: 90_006
        case .callback: 90_007
        case .callbackFirst: 90_008
        case .callbackTwice: 90_009
        case .wrongOrder: 90_010
        case .wrongSignature: 90_011
        }
    }
}

/// The writer of one run's actions. They must be played so that the accesses to each wallet keep their order; then
/// every prediction holds.
struct Playbook: Sendable {
    let label: String
    var books = Books()
    var actionsWritten = 0

    init(label: String) {
        self.label = label
    }

    // MARK: - Commands

    mutating func open(_ participant: Participant) -> Action {
        let isMerchant = participant.kind == .merchant
        return write(
            .wallets, participant.subject, key: participant.openingKey,
            Body.openWallet(isMerchant ? .business : .personal, name: isMerchant ? participant.name : nil),
            [WalletAccess(participant.wallet, .exclusive)],
            books.open(participant.wallet, mayOpen: participant.kind != .stranger))
    }

    /// A person asks for a second wallet in the same currency.
    mutating func openAgain(_ participant: Participant) -> Action {
        write(
            .wallets, participant.subject, Body.openWallet(.personal, name: nil),
            [WalletAccess(participant.wallet, .exclusive)],
            books.open(participant.wallet, mayOpen: participant.kind != .stranger))
    }

    mutating func topUp(
        _ participant: Participant, _ method: TopUpMethod, _ amount: Int64, _ scenario: Scenario?
    ) -> Action {
        write(
            .topUps, participant.subject,
            Body.topUp(participant.wallet, method, amount, paymentMethod: scenario?.paymentMethod),
            [WalletAccess(participant.wallet, .shared)],
            books.topUp(participant.wallet, method, amount, isCaptured: scenario != .refused))
    }

    mutating func transfer(from payer: Participant, to payee: Participant, _ amount: Int64) -> Action {
        write(
            .transfers, payer.subject, Body.transfer(from: payer.wallet, to: payee.wallet, amount),
            [WalletAccess(payer.wallet, .exclusive), WalletAccess(payee.wallet, .shared)],
            books.transfer(from: payer.wallet, to: payee.wallet, amount))
    }

    /// The same, to whoever goes by the payee's phone number; `identity` has to tell of the payee before.
    mutating func transferByPhone(from payer: Participant, to payee: Participant, _ amount: Int64) -> Action {
        var action = write(
            .transfers, payer.subject, Body.transfer(from: payer.wallet, toPhone: payee.phone, amount),
            [WalletAccess(payer.wallet, .exclusive), WalletAccess(payee.wallet, .shared)],
            books.transfer(from: payer.wallet, to: payee.wallet, amount))
        action.introduces = payee
        return action
    }

    /// A payment to a merchant, for a reference of its own.
    mutating func pay(_ merchant: Participant, from payer: Participant, _ amount: Int64) -> Action {
        let key = nextKey
        let command = CommandID(client: WalletRequest.client, subject: payer.subject.description, key: key)
        return write(
            .payments, payer.subject, key: key,
            Body.payment(from: payer.wallet, to: merchant.wallet, amount, reference: "order \(actionsWritten + 1)"),
            [WalletAccess(payer.wallet, .exclusive), WalletAccess(merchant.wallet, .shared)],
            books.pay(command, from: payer.wallet, to: merchant.wallet, amount))
    }

    /// A part of a payment back, or all of it.
    mutating func refund(
        _ payment: CommandID, from merchant: Participant, to payer: Participant, _ amount: Int64
    ) -> Action {
        var action = write(
            .refunds, merchant.subject, Body.refund(from: merchant.wallet, amount),
            [WalletAccess(merchant.wallet, .exclusive), WalletAccess(payer.wallet, .shared)],
            books.refund(payment, from: merchant.wallet, to: payer.wallet, amount))
        action.request.parent = "payments/\(payment)"
        return action
    }

    /// - Returns: the action, and the id that the beneficiary will have.
    mutating func addBeneficiary(
        _ participant: Participant, _ scenario: Scenario, account: UInt64, isVerified: Bool = true
    ) -> (Action, BeneficiaryID) {
        let key = nextKey
        let command = CommandID(client: WalletRequest.client, subject: participant.subject.description, key: key)
        let beneficiary = BeneficiaryID(addedBy: command)
        // The stand-in for `identity` verifies nobody whose name begins with "Refuse".
        let holderName = isVerified ? "Holder \(participant.name)" : "Refuse \(participant.name)"
        var action = write(
            .beneficiaries, participant.subject, key: key,
            Body.beneficiary(
                participant.wallet, rib: BankAccount.rib(branch: scenario.branch, account: account),
                holderName: holderName),
            [WalletAccess(participant.wallet, .shared)],
            books.add(beneficiary, Books.BankRelation(isVerified: isVerified, sendsBack: scenario == .refused)))
        if isVerified { action.awaitsVerification = beneficiary }
        return (action, beneficiary)
    }

    mutating func withdraw(
        _ participant: Participant, to beneficiary: BeneficiaryID, _ speed: WithdrawalSpeed, _ amount: Int64
    ) -> Action {
        write(
            .withdrawals, participant.subject, Body.withdrawal(participant.wallet, to: beneficiary, speed, amount),
            [WalletAccess(participant.wallet, .exclusive)],
            books.withdraw(participant.wallet, to: beneficiary, speed, amount))
    }

    // MARK: - Repeats and refusals

    /// The same request once more, some time later: the answer must be the one it had.
    mutating func again(_ earlier: Action) -> Action {
        actionsWritten += 1
        var action = Action(
            number: actionsWritten, request: earlier.request,
            accesses: earlier.accesses, prediction: earlier.prediction, effects: Effects())
        action.repeatsEarlier = true
        return action
    }

    /// A transfer's key with another amount.
    mutating func reuseKey(
        of earlier: Action, from payer: Participant, to payee: Participant, _ amount: Int64
    ) -> Action {
        var action = write(
            .transfers, payer.subject, key: earlier.request.key,
            Body.transfer(from: payer.wallet, to: payee.wallet, amount), earlier.accesses,
            (.refused(.keyReused), Effects()))
        action.refusedField = "amount.amount"
        return action
    }

    /// A request that the ingress turns away, leaving nothing behind.
    ///
    /// - Parameter touched: wallets that must be open for the refusal to be this one.
    mutating func refused(
        _ resource: Resource, by subject: OwnerID, _ body: [UInt8], _ prediction: Prediction,
        touching touched: [WalletID], hasKey: Bool = true
    ) -> Action {
        write(
            resource, subject, key: hasKey ? nextKey : nil, body, touched.map { WalletAccess($0, .shared) },
            (prediction, Effects()))
    }

    // MARK: - Parts

    var nextKey: String { "\(label)/\(actionsWritten + 1)" }

    mutating func write(
        _ resource: Resource, _ subject: OwnerID, _ body: [UInt8], _ accesses: [WalletAccess],
        _ result: (prediction: Prediction, effects: Effects)
    ) -> Action {
        write(resource, subject, key: nextKey, body, accesses, result)
    }

    mutating func write(
        _ resource: Resource, _ subject: OwnerID, key: String?, _ body: [UInt8], _ accesses: [WalletAccess],
        _ result: (prediction: Prediction, effects: Effects)
    ) -> Action {
        actionsWritten += 1
        return Action(
            number: actionsWritten,
            request: WalletRequest(resource: resource, subject: subject, key: key, body: body),
            accesses: accesses, prediction: result.prediction, effects: result.effects)
    }
}
