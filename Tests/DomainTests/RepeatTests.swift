// A command that comes again is answered with what stands, whatever the balance has become.

import Domain
import Testing

@Suite("Repeats")
struct RepeatTests {
    @Test("a refused command stays refused however often it comes back, funds or not")
    func refusedStaysRefused() {
        var situation = Situation(.submitTransfer, [.tooPoor])
        let refused = situation.books.take(situation.command)
        #expect(refused.code == .insufficientFunds)
        situation.books.wallets[Situation.wallet]?.available = 1_000_000_00
        let before = situation.books
        for _ in 0..<3 {
            #expect(situation.books.take([Books.Sent(command: situation.command)]) == [.repeated(refused.position)])
        }
        #expect(situation.books.wallets == before.wallets && situation.books.outcomes == before.outcomes)
    }

    @Test("a command sent fifty times in one batch moves money once")
    func fiftyTimes() {
        var situation = Situation(.submitTransfer, [])
        situation.books.wallets[Situation.wallet]?.available = 1_000_000_00
        let answers = situation.books.take(Array(repeating: Books.Sent(command: situation.command), count: 50))
        guard case .outcome(let told)? = answers.first else {
            Issue.record("the first is not an outcome")
            return
        }
        #expect(answers.dropFirst().allSatisfy { $0 == .repeated(told.position) })
        #expect(situation.books.wallets[Situation.payee]?.available == 1_000_00)
    }

    @Test("other content under the key is told with its field and changes nothing, in the batch or later")
    func otherContent() {
        var situation = Situation(.submitTransfer, [])
        let again = Books.Sent(command: situation.command, differingField: "amount.amount")
        let answers = situation.books.take([Books.Sent(command: situation.command), again])
        #expect(answers.last == .keyReused("amount.amount"))
        #expect(situation.books.take([again]) == [.keyReused("amount.amount")])
        #expect(situation.books.outcomes.count == 1)
    }

    @Test("a repeat is answered after its not-after as before it")
    func afterNotAfter() {
        var situation = Situation(.submitTransfer, [])
        let told = situation.books.take(situation.command)
        situation.books.time = situation.books.time.adding(seconds: 86_400)
        #expect(situation.books.take([Books.Sent(command: situation.command)]) == [.repeated(told.position)])
    }

    @Test("a repeated withdrawal is answered with the step it has reached, in the same batch too")
    func movedOn() {
        var situation = Situation(.submitWithdrawal, [])
        let service = Caller(client: "payouts", user: nil, permissions: .service)
        let sent = Command(
            id: CommandID(high: 70, low: 1), type: .settleWithdrawal, caller: service, notAfter: Situation.now,
            request: .settleWithdrawal(
                SettleWithdrawal(withdrawal: situation.command.id, wallet: Situation.wallet, step: .sent)))
        let batch = [situation.command, sent, situation.command].map { Books.Sent(command: $0) }
        let answers = situation.books.take(batch)
        let second = Position(period: 202_611, lane: 3, sequence: 2)
        #expect(answers.last == .repeated(second))
        #expect(situation.books.take([Books.Sent(command: situation.command)]) == [.repeated(second)])
        #expect(situation.books.take([Books.Sent(command: sent)]) == [.repeated(second)])
    }

    @Test("of 64 transfers that together overdraw a wallet exactly those that fit go through, whatever the batches")
    func overdraft() {
        for size in [1, 7, 64] {
            var situation = Situation(.submitTransfer, [])
            situation.books.wallets[Situation.wallet]?.available = 10 * 1_010_00 + 500_00
            situation.books.owners[Situation.user]?.spending = .none
            let commands = (1...64).map { number in
                Books.Sent(
                    command: Command(
                        id: CommandID(high: 80, low: number), type: .submitTransfer, caller: situation.command.caller,
                        notAfter: Situation.now, request: situation.command.request))
            }
            for start in stride(from: 0, to: 64, by: size) {
                _ = situation.books.take(Array(commands[start..<min(64, start + size)]))
            }
            #expect(situation.books.outcomes.map(\.code).prefix(10).allSatisfy { $0 == .ok })
            #expect(situation.books.outcomes.filter { $0.code == .ok }.count == 10)
            #expect(situation.books.outcomes.filter { $0.code == .insufficientFunds }.count == 54)
            #expect(situation.books.wallets[Situation.wallet]?.available == 500_00)
        }
    }
}
