// Plays a run: as many actions at once as allowed, each wallet's in order, every command followed to its end.

import Domain

struct Player: Sendable {
    static let tickInterval = Duration.seconds(1)
    /// A balance may come from the cache, which follows the events: how long it may lag.
    static let cacheLag = Duration.seconds(5)
    static let cacheLook = Duration.milliseconds(250)
    /// Days that pass while withdrawals wait: more than there are in a row on which no bank works.
    static let daysMax = 8

    let api: WalletAPI
    let concurrency: Int
    /// Actions that are prepared, those under way among them: with 1 each waits for the one before it.
    var aheadMax = 4096
    /// How long an accepted command is waited for.
    let patience: Duration

    private enum Event: Sendable {
        case performed(Performance)
        case tick
        case dayPassed(Bool)
    }

    // MARK: - The play

    /// - Parameter progress: called about once a second.
    func play(
        _ source: inout some Traffic, into record: inout Record, progress: (Progress) -> Void
    ) async throws {
        var schedule = Schedule()
        let before = record.actionsPlayed
        var prepared: [Int: Action] = [:]
        var (underWay, withdrawals) = (0, 0)
        var isAtEnd = false
        let total = source.total
        try await withThrowingTaskGroup(of: Event.self) { group in
            group.addTask { try await Self.tick() }
            while true {
                while !isAtEnd, schedule.count < aheadMax {
                    guard let action = try source.next() else {
                        isAtEnd = true
                        break
                    }
                    prepared[action.number] = action
                    schedule.add(action.number, action.accesses)
                }
                while underWay < concurrency, let number = schedule.next() {
                    guard let action = prepared.removeValue(forKey: number) else {
                        preconditionFailure("an action is given out once")
                    }
                    underWay += 1
                    if action.waitsForBank { withdrawals += 1 }
                    group.addTask { .performed(await perform(action)) }
                }
                guard underWay > 0, !record.isBrokenOff else { break }
                guard let event = try await group.next() else { break }
                switch event {
                case .performed(let performance):
                    underWay -= 1
                    if performance.action.waitsForBank { withdrawals -= 1 }
                    schedule.finish(performance.action.number)
                    record.add(performance)
                case .tick:
                    progress(
                        Progress(
                            played: record.actionsPlayed - before, total: total, underWay: underWay,
                            waiting: schedule.count - underWay))
                    group.addTask { try await Self.tick() }
                    // A day a second, so that what waits for the bank to open goes out.
                    if withdrawals > 0, record.daysPassed < Self.daysMax {
                        group.addTask { .dayPassed(await api.letDayPass()) }
                    }
                case .dayPassed(let isSo): if isSo { record.daysPassed += 1 }
                }
            }
            group.cancelAll()
        }
    }

    private static func tick() async throws -> Event {
        // Cancelled when the play is over: then nobody reads the tick any more.
        try await Task.sleep(for: tickInterval)
        return .tick
    }

    // MARK: - One action

    private func perform(_ action: Action) async -> Performance {
        let answers = await withTaskGroup(of: Answer.self) { group in
            for _ in 0..<action.copies { group.addTask { await answer(to: action) } }
            var answers: [Answer] = []
            for await answer in group { answers.append(answer) }
            return answers
        }
        var performance = Performance(action: action, answers: answers)
        if let beneficiary = action.awaitsVerification, answers.contains(where: action.prediction.fits) {
            performance.verificationProblem = await verificationProblem(beneficiary, action.request.subject)
        }
        return performance
    }

    /// - Returns: why the beneficiary was not seen verified, nil when it was.
    private func verificationProblem(_ beneficiary: BeneficiaryID, _ subject: OwnerID) async -> String? {
        do throws(APIError) {
            let isVerified = try await api.awaitVerification(of: beneficiary, as: subject, until: .now + patience)
            return isVerified ? nil : "the beneficiary was not verified in time"
        } catch {
            return "while the beneficiary's verification was waited for: \(error)"
        }
    }

    private func answer(to action: Action) async -> Answer {
        let request = action.request
        let submission: Submission
        do throws(APIError) { submission = try await api.submit(request) } catch { return .unanswered(error) }
        switch submission {
        case .refused(let status, let code, let field):
            return .refused(status: status, code: code, field: field)
        case .accepted(let command, let statusURL):
            do throws(APIError) {
                let state = try await api.follow(statusURL, of: request, action.stage, until: .now + patience)
                guard state.command == command else { return .lost(.unreadable("the command that was accepted")) }
                return state.isDecided || action.stage.isReached(by: state) ? .decided(state) : .undecided(state)
            } catch {
                return .lost(error)
            }
        }
    }

    // MARK: - The balances

    /// Asks for every wallet that was opened, and compares.
    func checkBalances(_ record: inout Record) async {
        let deadline = ContinuousClock.now + Self.cacheLag
        let wallets = record.wallets
        await withTaskGroup(of: (WalletID, Result<WalletBalance, APIError>).self) { group in
            var remaining = wallets.makeIterator()
            func begin(_ group: inout TaskGroup<(WalletID, Result<WalletBalance, APIError>)>) {
                guard let (wallet, expected) = remaining.next() else { return }
                group.addTask { (wallet, await balance(of: wallet, expected, until: deadline)) }
            }
            for _ in 0..<concurrency { begin(&group) }
            while let (wallet, result) = await group.next() {
                record.add(wallet, result)
                begin(&group)
            }
        }
    }

    private func balance(
        of wallet: WalletID, _ expected: Record.Expected, until deadline: ContinuousClock.Instant
    ) async -> Result<WalletBalance, APIError> {
        while true {
            do throws(APIError) {
                let balance = try await api.balance(of: wallet, as: expected.holder)
                let isExpected = balance.total == expected.total && balance.pending == 0
                if isExpected || .now >= deadline { return .success(balance) }
            } catch {
                return .failure(error)
            }
            do { try await Task.sleep(for: Self.cacheLook) } catch { return .failure(.cancelled) }
        }
    }
}

/// How far the play is.
struct Progress: Hashable, Sendable {
    let played: Int
    /// Nil when only the end of the file will tell.
    let total: Int?
    let underWay: Int
    /// Prepared, but an earlier action of the same wallet is not done.
    let waiting: Int
}

extension Action {
    /// Whether it ends only when the bank has opened.
    fileprivate var waitsForBank: Bool { request.resource == .withdrawals && stage == .whole }
}
