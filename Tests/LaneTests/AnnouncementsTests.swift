// What is published, confirmed and done, as a conversation with the broker.

import AMQP
import Domain
import Testing
import Wire

@testable import Lane

@Suite("Announcements")
struct AnnouncementsTests {
    /// An announcement that can be told from others by its number.
    private static func announcement(_ number: UInt64) -> Announcement {
        Announcement(
            Events.keyReused(
                CommandID(high: 0, low: number), field: "", contentDigest: [], time: Timestamp(microseconds: 0),
                lane: 0,
                traceparent: nil))
    }

    private static func group(_ numbers: ClosedRange<UInt64>, head: Int64, connection: Int = 1) -> Announcements.Group {
        Announcements.Group(
            announcements: numbers.map { announcement($0) }, head: head,
            acknowledgement: Announcements.Acknowledgement(connection: connection, deliveryTag: UInt64(head) * 10))
    }

    /// Publishes what can be published and says which numbers they were.
    private func publishAll(_ announcements: inout Announcements) -> [UInt64] {
        var numbers: [UInt64] = []
        while let next = announcements.next() {
            numbers.append(CommandID(next.message.properties.correlationID ?? "")?.low ?? 0)
        }
        return numbers
    }

    private func heads(_ announcements: inout Announcements) -> [Int64] { announcements.takeDone().map(\.head) }

    @Test("nothing to announce is nothing to do")
    func empty() {
        var announcements = Announcements()
        #expect(announcements.isEmpty && !announcements.hasNext && announcements.unconfirmed == 0)
        #expect(announcements.next() == nil && announcements.takeDone().isEmpty)
        announcements.confirm(tag: 1, multiple: true)
        #expect(announcements.unconfirmed == 0)
    }

    @Test("announcements go out in order, across groups, each once")
    func order() {
        var announcements = Announcements()
        announcements.append(Self.group(1...3, head: 1))
        announcements.append(Self.group(4...5, head: 2))
        #expect(publishAll(&announcements) == [1, 2, 3, 4, 5])
        #expect(!announcements.hasNext && announcements.unconfirmed == 5)
        announcements.append(Self.group(6...6, head: 3))
        #expect(announcements.hasNext && publishAll(&announcements) == [6])
    }

    @Test("a group is done when the last of it is confirmed, in whatever order, and not before the group ahead of it")
    func outOfOrder() {
        var announcements = Announcements()
        announcements.append(Self.group(1...2, head: 1))
        announcements.append(Self.group(3...4, head: 2))
        _ = publishAll(&announcements)
        for tag in [UInt64(4), 3, 2] {
            announcements.confirm(tag: tag, multiple: false)
            #expect(heads(&announcements) == [])
        }
        #expect(announcements.unconfirmed == 4)
        announcements.confirm(tag: 1, multiple: false)
        #expect(announcements.unconfirmed == 0)
        let done = announcements.takeDone()
        #expect(done.map(\.head) == [1, 2] && done.map(\.count) == [2, 2])
        #expect(
            done.map(\.acknowledgement) == [
                Announcements.Acknowledgement(connection: 1, deliveryTag: 10),
                Announcements.Acknowledgement(connection: 1, deliveryTag: 20),
            ])
        #expect(announcements.isEmpty)
    }

    @Test("a multiple confirm stands for all before it, confirmed already or not")
    func multiple() {
        var announcements = Announcements()
        announcements.append(Self.group(1...3, head: 1))
        announcements.append(Self.group(4...6, head: 2))
        _ = publishAll(&announcements)
        announcements.confirm(tag: 2, multiple: false)
        announcements.confirm(tag: 4, multiple: true)
        #expect(announcements.unconfirmed == 2 && heads(&announcements) == [1])
        announcements.confirm(tag: 6, multiple: true)
        #expect(announcements.unconfirmed == 0 && heads(&announcements) == [2])
    }

    @Test("a confirm that comes again, or of what was never published, changes nothing")
    func stray() {
        var announcements = Announcements()
        announcements.append(Self.group(1...2, head: 1))
        _ = publishAll(&announcements)
        for tag in [UInt64(0), 3, 99, .max] {
            announcements.confirm(tag: tag, multiple: false)
            announcements.confirm(tag: tag, multiple: true)
        }
        #expect(announcements.unconfirmed == 2 && heads(&announcements) == [])
        announcements.confirm(tag: 1, multiple: false)
        announcements.confirm(tag: 1, multiple: true)
        #expect(announcements.unconfirmed == 1 && heads(&announcements) == [])
    }

    @Test("a group is not done while part of it is unpublished, though all that is published is confirmed")
    func partlyPublished() {
        var announcements = Announcements()
        announcements.append(Self.group(1...2, head: 1))
        #expect(announcements.next() != nil)
        announcements.confirm(tag: 1, multiple: false)
        #expect(heads(&announcements) == [])
        #expect(publishAll(&announcements) == [2])
        announcements.confirm(tag: 2, multiple: false)
        #expect(heads(&announcements) == [1])
    }

    @Test("a group of nothing is done in its turn")
    func emptyGroup() {
        var announcements = Announcements()
        announcements.append(Self.group(1...1, head: 1))
        announcements.append(Announcements.Group(announcements: [], head: 2, acknowledgement: nil))
        #expect(heads(&announcements) == [])
        _ = publishAll(&announcements)
        announcements.confirm(tag: 1, multiple: false)
        #expect(heads(&announcements) == [1, 2] && announcements.isEmpty)
    }

    @Test("after a lost connection what is not wholly confirmed goes out again, in order, counted from 1")
    func connectionLost() {
        var announcements = Announcements()
        announcements.append(Self.group(1...2, head: 1))
        announcements.append(Self.group(3...5, head: 2))
        _ = publishAll(&announcements)
        announcements.confirm(tag: 2, multiple: true)
        #expect(heads(&announcements) == [1])
        announcements.confirm(tag: 4, multiple: false)
        announcements.connectionLost()
        #expect(announcements.unconfirmed == 0 && announcements.hasNext)
        #expect(publishAll(&announcements) == [3, 4, 5])
        // Tags of the new connection: the fifth of the old one means nothing here.
        announcements.confirm(tag: 5, multiple: false)
        #expect(heads(&announcements) == [])
        announcements.confirm(tag: 3, multiple: true)
        #expect(heads(&announcements) == [2] && announcements.isEmpty)
    }

    @Test("a group confirmed but not taken when the connection is lost goes out again")
    func confirmedAndLost() {
        var announcements = Announcements()
        announcements.append(Self.group(1...1, head: 1))
        _ = publishAll(&announcements)
        announcements.confirm(tag: 1, multiple: false)
        announcements.connectionLost()
        #expect(publishAll(&announcements) == [1])
    }

    @Test("whatever order confirms come in, every group is done once, in order", arguments: 1...40)
    func anyOrder(round: Int) {
        var announcements = Announcements()
        let sizes = (0..<7).map { ($0 * 5 + round) % 4 }
        var number: UInt64 = 0
        for (index, size) in sizes.enumerated() {
            let numbers = (0..<size).map { _ in
                number += 1
                return Self.announcement(number)
            }
            announcements.append(
                Announcements.Group(announcements: numbers, head: Int64(index), acknowledgement: nil))
        }
        #expect(publishAll(&announcements) == Array(1..<(number + 1)))
        var done: [Int64] = []
        // A step that shares no divisor with 41 visits every tag once, in an order of the round's own.
        for visit in 1...40 {
            let tag = UInt64(visit * round % 41)
            guard tag <= number else { continue }
            announcements.confirm(tag: tag, multiple: false)
            done += heads(&announcements)
        }
        done += heads(&announcements)
        #expect(done == Array(0..<7) && announcements.isEmpty && announcements.unconfirmed == 0)
    }
}

@Suite("Batch gate")
struct BatchGateTests {
    @Test("no more lanes are in than may be, and who waits is let in first come, first served")
    func turns() throws {
        let gate = BatchGate(batchesMax: 2)
        let lanes = try (0..<4).map { _ in try LaneShared() }
        #expect(gate.enter(lanes[0]) && gate.enter(lanes[1]))
        #expect(!gate.enter(lanes[2]) && !gate.enter(lanes[3]) && !gate.enter(lanes[2]))
        gate.leave()
        #expect(!gate.enter(lanes[3]), "the lane ahead has its turn")
        #expect(gate.enter(lanes[2]))
        gate.leave()
        #expect(gate.enter(lanes[3]))
        gate.leave()
        gate.leave()
        #expect(gate.enter(lanes[0]))
    }

    @Test("a lane that gives up its place lets the next one go ahead")
    func givingUp() throws {
        let gate = BatchGate(batchesMax: 1)
        let lanes = try (0..<3).map { _ in try LaneShared() }
        #expect(gate.enter(lanes[0]))
        #expect(!gate.enter(lanes[1]) && !gate.enter(lanes[2]))
        gate.giveUp(lanes[1])
        gate.giveUp(lanes[0])
        gate.leave()
        #expect(gate.enter(lanes[2]))
    }

    @Test("a lane that ends in line, or at work, holds up nobody")
    func ending() throws {
        let gate = BatchGate(batchesMax: 1)
        func place() throws -> GatePlace { GatePlace(gate, of: try LaneShared(), millisecondsMax: 1_000) }
        var (atWork, first): (GatePlace?, GatePlace?) = (try place(), try place())
        let second = try place()
        #expect(atWork?.enter(now: 0) == true && first?.enter(now: 0) == false && !second.enter(now: 0))
        first = nil
        atWork = nil
        #expect(second.enter(now: 0))
        #expect(second.until == 1_000_000_000)
        second.leaveIfOverdue(now: 999_999_999)
        #expect(!gate.enter(try LaneShared()))
        second.leaveIfOverdue(now: 1_000_000_000)
        #expect(second.until == nil)
    }

    @Test("a gate lets at least one lane in")
    func atLeastOne() throws {
        #expect(BatchGate(batchesMax: 0).enter(try LaneShared()))
    }
}
