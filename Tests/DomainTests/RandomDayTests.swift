// Random sequences of every command on a few wallets: the books hold after each batch, and batches change no answer.

import Domain
import Testing

@Suite("Random days")
struct RandomDayTests {
    /// 24 days that are always the same, and one that never is.
    private static let seeds: [UInt64] = Array(1...24) + [UInt64.random(in: 1_000...UInt64.max)]

    @Test("the books hold after every batch, and a batch decides as its commands one by one", arguments: seeds)
    func day(seed: UInt64) {
        print("random day: seed \(seed)")
        var traffic = Traffic(seed: seed)
        var (inBatches, oneByOne) = (Books(), Books())
        var fees = FeeModel()
        var limits = LimitModel()
        (inBatches.limits, oneByOne.limits) = (LimitModel.schedule, LimitModel.schedule)
        var waiting: [Books.Sent] = []
        for batch in 0..<40 {
            Self.passTime(&inBatches, &traffic)
            oneByOne.time = inBatches.time
            let messages = Self.messages(waiting, inBatches, &traffic)
            let before = inBatches.outcomes.count
            let answers = inBatches.take(messages)
            let singly = messages.flatMap { oneByOne.take([$0]) }
            let told = inBatches.outcomes[before...]
            waiting = zip(messages, answers).filter { $0.1 == .deferred }.map(\.0)
            // The whole history tells of every batch in it, and is long.
            let isDue = batch % 10 == 9
            let faults =
                (isDue ? inBatches.faults : inBatches.rowFaults)
                + told.compactMap { fees.fault(of: $0, traffic.commands, inBatches) }
                + told.compactMap { limits.fault(of: $0, traffic.commands[$0.command]?.request, inBatches) }
                + limits.faults(of: inBatches)
            guard answers == singly, faults.isEmpty, inBatches.holdsTheSame(as: oneByOne) else {
                Issue.record("seed \(seed), batch \(batch): \(faults)")
                return
            }
        }
        expectReplaysChangeNothing(inBatches, &traffic, seed)
    }

    /// What waits, what is new, and at times in another order than it was sent. Of a command that may be told to come
    /// again a batch holds one: its repeat would be told so too, and alone would not.
    private static func messages(_ waiting: [Books.Sent], _ books: Books, _ traffic: inout Traffic) -> [Books.Sent] {
        let size = Int.random(in: 1...20, using: &traffic.random)
        var messages = waiting + (0..<size).map { _ in traffic.next(books) }
        if traffic.random.chance(40) { messages.shuffle(using: &traffic.random) }
        var refers: Set<CommandID> = []
        return messages.filter { message in
            message.command.request.movement == nil || refers.insert(message.command.id).inserted
        }
    }

    /// Mostly seconds, at times days, and now and then up to the last moment of a month in Algiers.
    static func passTime(_ books: inout Books, _ traffic: inout Traffic) {
        let seconds: Int64 =
            switch Int.random(in: 0..<100, using: &traffic.random) {
            case 0..<70: Int64.random(in: 0...20, using: &traffic.random)
            case 70..<84: Int64.random(in: 30...90, using: &traffic.random)
            case 84..<92: Int64.random(in: 3_600...72_000, using: &traffic.random)
            case 92..<97: Int64.random(in: 1...12, using: &traffic.random) * 86_400
            default: 0
            }
        let time = books.time
        if seconds == 0, let end = FeeModel.monthsBegin.first(where: { $0 > time }) {
            // The last moment of the month; the first of the next, should it be that already.
            let last = Timestamp(microseconds: end.microseconds - 1)
            books.time = last == time ? end : last
        } else {
            books.time = time.adding(seconds: seconds)
        }
    }

    /// Everything once more, in another order and in other batches: no balance, version or outcome changes.
    private func expectReplaysChangeNothing(_ books: Books, _ traffic: inout Traffic, _ seed: UInt64) {
        var again = books
        let last = Dictionary(books.outcomes.map { ($0.command, $0.position) }, uniquingKeysWith: { $1 })
        for outcome in books.outcomes.shuffled(using: &traffic.random) {
            let command = Command(
                id: outcome.command, type: nil, caller: Caller(client: "app", user: nil, permissions: []),
                notAfter: Timestamp(microseconds: 0), request: .unacceptable(.malformed, field: ""))
            let expected = books.movements[outcome.command]?.last ?? last[outcome.command]
            guard case .repeated(let position) = again.answer(to: command), position == expected else {
                Issue.record("seed \(seed): \(outcome.command) was not answered with what stands")
                return
            }
        }
        #expect(again.holdsTheSame(as: books))
    }

    @Test("the days meet every transition of the commands that there are, and nearly every code")
    func breadth() {
        var transitions: Set<Transition> = []
        var codes: Set<OutcomeCode> = []
        var months: Set<Int32> = []
        var deferred = 0
        for seed in UInt64(1)...24 {
            var traffic = Traffic(seed: seed)
            var books = Books()
            books.limits = LimitModel.schedule
            for _ in 0..<80 {
                Self.passTime(&books, &traffic)
                deferred += books.take((0..<6).map { _ in traffic.next(books) }).count { $0 == .deferred }
            }
            #expect(books.faults == [], "seed \(seed)")
            transitions.formUnion(books.outcomes.map(\.transition))
            codes.formUnion(books.outcomes.map(\.code))
            months.formUnion(books.outcomes.map(\.time.monthInAlgiers))
        }
        #expect(Set(Transition.allCases).subtracting(transitions) == [.commandRejected])
        // Of no outcome that is recorded; of unknown types; and of more than a day's people ask for.
        #expect(
            Set(OutcomeCode.allCases).subtracting(codes) == [
                .untrustedPublisher, .badSignature, .keyReused, .unknownType, .tooMany,
            ])
        #expect(months.count >= 6 && deferred >= 50)
    }
}

extension Books {
    /// Whether all rows are the same.
    fileprivate func holdsTheSame(as other: Books) -> Bool {
        wallets == other.wallets && owners == other.owners && movements == other.movements && system == other.system
            && beneficiaries == other.beneficiaries && paidReferences == other.paidReferences
            && outcomes == other.outcomes && sequence == other.sequence && answered == other.answered
    }
}
