// Whatever order the outside world's words come in, and however often: one credit, one payout, the right last state.

import Domain
import Outside
import Testing

/// Each of them takes seconds of a core, and lets the tests beside it go on after every sequence.
@Suite("Every order of what can happen outside")
struct PermutationTests {
    static let sequences = Act.sequences(upTo: 5)

    @Test("there are as many sequences as combinatorics says, and no act comes three times")
    func generated() {
        // Of n acts all different 5!/(5−n)!; with one of them twice 5 · n(n−1)/2 · 4!/(6−n)!.
        #expect((1...5).map { length in Self.sequences.count { $0.count == length } } == [5, 25, 120, 480, 1_320])
        #expect(Set(Self.sequences).count == Self.sequences.count)
        #expect(
            Self.sequences.allSatisfy { sequence in
                Act.allCases.count { act in sequence.count { $0 == act } > 1 } <= 1
            })
    }

    @Test(
        "a top-up is credited once if it was captured, never if it was declined, and ends in that state",
        arguments: ["captured", "declined"], [true, false])
    func topUps(word: String, diesAfterPublishing: Bool) async throws {
        let start = try PlayedWorld(.topUp, word: word, diesAfterPublishing: diesAfterPublishing)
        for sequence in Self.sequences {
            await Task.yield()
            var world = start
            for act in sequence { try world.happen(act) }
            try world.settleDown()
            let story = "\(sequence.map(\.rawValue)), \(word)"
            #expect(world.status == (word == "captured" ? .completed : .rejected), "\(story)")
            let credits = world.outcomes.count { $0.transition == .topUpCompleted }
            #expect(credits == (word == "captured" ? 1 : 0), "\(story)")
            #expect(world.outcomes.count { $0.transition == .topUpFailed } == 1 - credits, "\(story)")
            // 2 % of 1,500.00.
            #expect(world.balance?.available == Int64(credits) * (150_000 - 3_000), "\(story)")
            #expect(world.system(.cardClearing) == -Int64(credits) * 150_000, "\(story)")
            // One more than opening, asking and settling would be a second decision about the same fact.
            #expect(world.outcomes.count == 3, "\(story)")
            #expect(world.taken.count <= 1 && world.conflicts == 0, "\(story)")
            #expect(Set(world.published.map(\.key)) == ["topup/\(world.movement)/\(word)"], "\(story)")
        }
    }

    @Test(
        "a withdrawal is paid out under one key and confirmed or given back once",
        arguments: ["confirmed", "returned"], [true, false])
    func withdrawals(word: String, diesAfterPublishing: Bool) async throws {
        let start = try PlayedWorld(.withdrawal, word: word, diesAfterPublishing: diesAfterPublishing)
        for sequence in Self.sequences {
            await Task.yield()
            var world = start
            // Before it is sent nobody asked the bank, so whatever is said of it is not heard.
            let refusal = try world.callback(word)
            #expect(refusal == "WITHDRAWAL_NOT_FOUND")
            try world.send()
            for act in sequence { try world.happen(act) }
            try world.settleDown()
            try check(world, isReturned: word == "returned", steps: 2, "\(sequence.map(\.rawValue)), \(word)")
        }
    }

    @Test(
        "a payout that comes back after it was confirmed gives the money back once, from whichever act on it is so",
        arguments: [true, false])
    func returnedAfterwards(reportsLateToo: Bool) async throws {
        var start = try PlayedWorld(.withdrawal, word: "confirmed", diesAfterPublishing: true)
        try start.send()
        for (number, sequence) in Self.sequences.enumerated() {
            await Task.yield()
            // Of the longest each has one turn, so that every turn has its share of them.
            let turns = sequence.count < 5 ? Array(0...sequence.count) : [number % 6]
            for turn in turns {
                var world = start
                for (index, act) in sequence.enumerated() {
                    if index == turn { world.word = "returned" }
                    try world.happen(act)
                    // A callback that was overtaken tells the older word.
                    if reportsLateToo, index >= turn { try world.callback("confirmed") }
                }
                world.word = "returned"
                try world.settleDown()
                let story = "\(sequence.map(\.rawValue)), returned from \(turn) on"
                let wasConfirmed = world.outcomes.contains { $0.transition == .withdrawalCompleted }
                try check(world, isReturned: true, steps: wasConfirmed ? 3 : 2, story)
            }
        }
    }

    private func check(_ world: PlayedWorld, isReturned: Bool, steps: Int, _ story: String) throws {
        #expect(world.status == (isReturned ? .returned : .completed), "\(story)")
        #expect(world.outcomes.count { $0.transition == .withdrawalSent } == 1, "\(story)")
        #expect(world.outcomes.count { $0.transition == .withdrawalReturned } == (isReturned ? 1 : 0), "\(story)")
        // Of 147,000 that the wallet had 100,000 went out, or came back.
        let balance = try #require(world.balance)
        #expect(balance.pending == 0 && balance.available == (isReturned ? 147_000 : 47_000), "\(story)")
        #expect(world.system(.payoutClearing) == 0, "\(story)")
        #expect(world.system(.omnibus) == (isReturned ? 0 : 100_000), "\(story)")
        let moved = world.outcomes.count { !$0.entries.isEmpty }
        #expect(moved == steps, "\(story)")
        #expect(world.taken.count <= 1 && world.conflicts == 0, "\(story)")
    }

    @Test("a service that contradicts itself is believed once, and nothing is credited twice or taken back")
    func contradictions() async throws {
        let start = try PlayedWorld(.topUp, word: "captured", diesAfterPublishing: true)
        for sequence in Act.sequences(upTo: 4) {
            await Task.yield()
            for turn in 0...sequence.count {
                var world = start
                for (index, act) in sequence.enumerated() {
                    if index == turn { world.word = "declined" }
                    try world.happen(act)
                }
                world.word = "declined"
                let standing = world.status
                try world.settleDown()
                let story = "\(sequence.map(\.rawValue)), declined from \(turn) on"
                if standing != .pending { #expect(world.status == standing, "\(story)") }
                let credits = world.outcomes.count { $0.transition == .topUpCompleted }
                #expect(credits == (world.status == .completed ? 1 : 0), "\(story)")
                #expect(world.balance?.available == Int64(credits) * 147_000, "\(story)")
            }
        }
    }
}
