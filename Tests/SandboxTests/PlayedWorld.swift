// A world without servers: the real rules, the real plans and errands, the real reading of callbacks, and between them a
// queue, a lane and an outside service that the test plays.

import Domain
import Testing
import Wire

@testable import Ingress
@testable import Outside
@testable import Payouts
@testable import TopUps

/// What can happen next to a movement that waits for the outside world.
enum Act: String, CaseIterable, Sendable {
    /// The worker asks and gets the service's present word.
    case answer
    /// The service reports its present word of its own accord.
    case callback
    /// The worker asks, hears that it is pending, and asks again later.
    case poll
    /// The service takes the request, and its answer is lost.
    case timeout
    /// The worker dies: what it knew is lost, and its delivery comes again.
    case crash
}

extension Act {
    /// Every sequence of 1 to so many acts in which at most one act comes twice, and none oftener.
    static func sequences(upTo length: Int) -> [[Act]] {
        var all: [[Act]] = []
        func extend(_ sequence: [Act], hasRepeated: Bool) {
            if !sequence.isEmpty { all.append(sequence) }
            guard sequence.count < length else { return }
            for act in Act.allCases {
                switch sequence.filter({ $0 == act }).count {
                case 0: extend(sequence + [act], hasRepeated: hasRepeated)
                case 1 where !hasRepeated: extend(sequence + [act], hasRepeated: true)
                default: break
                }
            }
        }
        extend([], hasRepeated: false)
        return all
    }
}

/// One movement, and everything that has to do with it.
struct PlayedWorld {
    enum Matter: Sendable {
        case topUp
        case withdrawal
    }

    /// An event in the worker's queue.
    struct Delivery {
        let body: [UInt8]
        var attempt: Int
    }

    static let wallet = WalletID(high: 0x1122_3344_5566_8788, low: 0x99aa_bbcc_ddee_ff9f)
    static let user = OwnerID(high: 0x5a, low: 0x9f)
    static let beneficiary = BeneficiaryID(high: 1, low: 2)
    static let amount = Money(150_000, .dzd)

    let matter: Matter
    let movement: CommandID
    /// Whether a worker that dies has published its command, or dies before.
    let diesAfterPublishing: Bool

    private var state = LedgerState()
    private var sequence: Int64 = 1
    private var time = Timestamp(microseconds: 1_795_372_754_000_000)
    private var seen: [CommandID: (content: CommandContent, last: Position)] = [:]
    private(set) var outcomes: [Outcome] = []
    private(set) var entries: [Entry] = []
    /// Everything that was published to a lane, repeats too.
    private(set) var published: [Order] = []

    private var queue: [Delivery] = []
    /// The requests that the service has taken: body by idempotency key.
    private(set) var taken: [String: [UInt8]] = [:]
    /// The bodies with which a key came again.
    private(set) var conflicts = 0
    /// The service's present word.
    var word: String

    init(_ matter: Matter, word: String, diesAfterPublishing: Bool) throws {
        self.matter = matter
        self.word = word
        self.diesAfterPublishing = diesAfterPublishing
        movement = CommandID(client: "app", subject: Self.user.description, key: "movement")
        try open()
    }

    private var worker: String { matter == .topUp ? "topups" : "payouts" }

    // MARK: - The ledger

    /// A command of the user's, whose content nobody repeats.
    private mutating func ask(_ id: CommandID, _ type: CommandType, _ request: Request, _ caller: Caller) throws {
        try judge(
            Command(
                id: id, type: type, caller: caller, acceptedAt: time, notAfter: time.adding(seconds: 86_400),
                request: request), CommandContent(type: type.name, body: []))
    }

    private mutating func open() throws {
        let app = Caller(client: "app", user: Self.user, permissions: [.read, .topUp, .withdraw, .manage])
        let service = Caller(client: "payouts", user: nil, permissions: .service)
        func id(_ name: String) -> CommandID { CommandID(client: "app", subject: Self.user.description, key: name) }
        let verified = time.adding(seconds: -86_400)
        try ask(
            id("open"), .openWallet,
            .openWallet(
                OpenWallet(
                    walletID: Self.wallet, ownerID: Self.user, type: .personal, currency: .dzd, name: nil,
                    verification: Verification(level: 1, verifiedAt: verified, levelOneVerifiedAt: verified))), app)
        if matter == .topUp {
            try ask(movement, .submitTopUp, topUp(.card), app)
            return
        }
        try ask(id("funds"), .submitTopUp, topUp(.card), app)
        queue = []
        try submit(
            Order(
                CommandContent(
                    SettleTopUp(topUp: id("funds"), wallet: Self.wallet, result: .captured, amount: Self.amount)),
                key: "funds", wallet: Self.wallet))
        let rib = "00799999002345678941"
        try ask(
            id("beneficiary"), .addBeneficiary,
            .addBeneficiary(
                AddBeneficiary(beneficiary: Self.beneficiary, wallet: Self.wallet, rib: rib, holderName: "A. B.")), app)
        try ask(
            id("verified"), .verifyBeneficiary,
            .verifyBeneficiary(VerifyBeneficiary(beneficiary: Self.beneficiary, wallet: Self.wallet)), service)
        // Verified long enough for whatever speed.
        time = time.adding(seconds: 2 * 86_400)
        try ask(
            movement, .submitWithdrawal,
            .submitWithdrawal(
                SubmitWithdrawal(
                    wallet: Self.wallet, beneficiary: Self.beneficiary, speed: .standard, amount: Money(100_000, .dzd))),
            app)
        queue = []
        (outcomes, entries, published) = ([], [], [])
    }

    private func topUp(_ method: TopUpMethod) -> Request {
        .submitTopUp(SubmitTopUp(wallet: Self.wallet, method: method, amount: Self.amount, paymentMethod: nil))
    }

    /// Has the ledger send a withdrawal that is held, whatever it waits for until then.
    mutating func send() throws {
        let sent = SettleWithdrawal(withdrawal: movement, wallet: Self.wallet, step: .sent)
        try submit(Order(CommandContent(sent), key: "withdrawal/\(movement)/sent", wallet: Self.wallet))
    }

    /// A command arrives at its lane, signed by the worker.
    private mutating func submit(_ order: Order) throws {
        published.append(order)
        let id = CommandID(client: worker, subject: worker, key: order.key)
        let request = try order.content.request(id: id, user: nil, resolved: Resolved())
        try judge(
            Command(
                id: id, type: CommandType(name: order.content.type),
                caller: Caller(client: worker, user: nil, permissions: .service), acceptedAt: time,
                notAfter: time.adding(seconds: 86_400), request: request), order.content)
    }

    private mutating func judge(_ command: Command, _ content: CommandContent) throws {
        time = time.adding(seconds: 1)
        let before = seen[command.id].map { earlier in
            EarlierDecision(last: earlier.last, differingField: content.differingField(from: earlier.content))
        }
        let decisions = decide(
            [BatchItem(command: command, seen: before.map { .before($0) } ?? .never)], state: &state,
            context: DecisionContext(
                time: time, lane: 0, nextSequence: sequence, fees: .standard, limits: .standard))
        sequence += Int64(decisions.outcomes.count)
        switch decisions.answers.first {
        case .outcome, .repeated: break
        default: Issue.record("a command was answered with \(decisions.answers)")
        }
        for outcome in decisions.outcomes {
            seen[outcome.commandID] = (content, outcome.position)
            outcomes.append(outcome)
            let own = decisions.entries[outcome.entries]
            entries += own
            guard outcome.transition == .topUpPending || outcome.transition == .withdrawalSent else { continue }
            let event = Events.encode(
                outcome, entries: own, detail: OutcomeDetail.of(outcome, command, state), traceparent: nil)
            queue.append(Delivery(body: event.body, attempt: 0))
        }
    }

    var status: CommandStatus? { state.movements[movement]?.status }
    var balance: Wallet? { state.wallet(Self.wallet) }
    var isWaiting: Bool { !queue.isEmpty }

    /// What a system account has from what happened here, credits positive.
    func system(_ account: SystemAccount) -> Int64 {
        entries.filter { $0.account == .system(account) }.reduce(0) { $0 + $1.amount.minorUnits }
    }

    // MARK: - The worker

    mutating func happen(_ act: Act) throws {
        switch act {
        case .answer: try deliver { [word] in .status($0 ? word : "") }
        case .poll:
            try deliver { _ in .status("pending") }
            try deliver { [word] in .status($0 ? word : "") }
        case .timeout: try deliver { _ in .silence }
        case .crash: try deliver(dying: true) { [word] in .status($0 ? word : "") }
        case .callback: try callback(word)
        }
    }

    /// One delivery, from the queue to its end.
    ///
    /// - Parameter answer: the service's answer, once it has the request or looked it up.
    private mutating func deliver(dying: Bool = false, _ answer: (_ isKnown: Bool) -> Answer) throws {
        guard let delivery = queue.first else { return }
        var errand = Errand(try plan(WalletEvent(body: delivery.body)), attempt: delivery.attempt)
        var action = errand.handle(.begun)
        while true {
            switch action {
            case .create(let inquiry):
                if let earlier = taken[inquiry.idempotencyKey], earlier != inquiry.body { conflicts += 1 }
                taken[inquiry.idempotencyKey] = inquiry.body
                action = errand.handle(.answered(answer(true)))
            case .look(let inquiry):
                let isKnown = taken[inquiry.idempotencyKey] != nil
                action = errand.handle(.answered(isKnown ? answer(true) : .unknownKey))
            case .submit(let order):
                if dying && !diesAfterPublishing { return }
                try submit(order)
                // Dead before the acknowledgement: the delivery comes again as it was.
                if !dying { queue.removeFirst() }
                return
            case .again:
                if !dying { queue[0].attempt += 1 }
                return
            case .finish, .ignore:
                queue.removeFirst()
                return
            case .setAside(let reason):
                Issue.record("an event was set aside: \(reason)")
                queue.removeFirst()
                return
            case .schedule:
                // Only what is held is scheduled, and what is held does not come into this queue.
                Issue.record("an event about the outside world was put into the schedule")
                queue.removeFirst()
                return
            }
        }
    }

    private func plan(_ event: WalletEvent) throws(FieldError) -> Plan {
        matter == .topUp ? try TopUpPlan.plan(event) : try PayoutPlan.plan(event)
    }

    /// A callback, from the sender's body to the lane.
    ///
    /// - Returns: the code with which the ingress refused it; nil when it was taken.
    @discardableResult
    mutating func callback(_ word: String) throws -> String? {
        let sender = matter == .topUp ? CallbackSender.payment : .bank
        let amount = state.movements[movement]?.amount ?? Self.amount
        var body = JSONWriter()
        body.beginObject()
        body.member("type", sender.reportType)
        body.member("timestamp", time)
        body.object("data") { json in
            json.member("id", "x_1")
            json.member("idempotency_key", movement)
            json.member("status", word)
            json.member("amount", amount)
        }
        body.endObject()
        let report = try ServiceReport(body.bytes, from: sender)
        let callback: Callback?
        do throws(APIError) { callback = try report.callback(of: state.movements[movement]) } catch {
            return error.code.name
        }
        guard let callback else { return nil }
        let travelled = try Callback(callback.content)
        var errand = Errand(
            matter == .topUp ? try TopUpPlan.plan(travelled) : try PayoutPlan.plan(travelled), attempt: 0)
        guard case .submit(let order) = errand.handle(.begun) else {
            Issue.record("a callback leads to nothing")
            return nil
        }
        try submit(order)
        return nil
    }

    /// The outside world is well again: every delivery comes once more, every callback arrives, and what was published
    /// is delivered to its lane a second time, the last first.
    mutating func settleDown() throws {
        var rounds = 0
        while isWaiting, rounds < 10 {
            try happen(.answer)
            rounds += 1
        }
        try callback(word)
        for order in published.reversed() { try submit(order) }
    }
}
