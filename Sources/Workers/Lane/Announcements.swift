// What is committed and not yet known to be announced: published in order, confirmed in any order, done in order.

/// The books of the publisher's side of a lane. Pure: it is told what happened and says what to do.
struct Announcements {
    /// Everything that one batch, or one chunk of a take-over, has to tell.
    struct Group {
        var announcements: [Announcement]
        /// The lane's last outcome in the group.
        let head: Int64
        /// What can be acknowledged once the group is confirmed, on which consumer's connection.
        let acknowledgement: Acknowledgement?
        /// Nil for what an earlier owner decided.
        var times: BatchTimes?
    }

    struct Acknowledgement: Equatable {
        let connection: Int
        let deliveryTag: UInt64
    }

    /// What a group that is wholly confirmed leaves to do.
    struct Done {
        let head: Int64
        let acknowledgement: Acknowledgement?
        let times: BatchTimes?
        let count: Int
    }

    private struct Entry {
        let group: Group
        /// How many of the group's announcements are published on the present connection.
        var published = 0
    }

    private var entries: [Entry] = []
    /// Confirmed out of order: bits from `base` on.
    private var confirmed: [Bool] = []
    /// Publishes confirmed without gaps on the present connection.
    private var base: UInt64 = 0
    /// Publishes of groups that are done, on the present connection.
    private var doneBase: UInt64 = 0

    var isEmpty: Bool { entries.isEmpty }
    /// Sent and not yet confirmed.
    var unconfirmed: Int { Int(publishedCount - base) }
    private var publishedCount: UInt64 { doneBase + entries.reduce(0) { $0 + UInt64($1.published) } }

    mutating func append(_ group: Group) {
        entries.append(Entry(group: group))
    }

    /// The next announcement to publish; it counts as published from here on.
    mutating func next() -> Announcement? {
        guard let index = entries.firstIndex(where: { $0.published < $0.group.announcements.count }) else { return nil }
        entries[index].published += 1
        confirmed.append(false)
        return entries[index].group.announcements[entries[index].published - 1]
    }

    var hasNext: Bool { entries.contains { $0.published < $0.group.announcements.count } }

    /// A confirm from the broker.
    ///
    /// - Parameter tag: the number of a publish, counted from 1 on the present connection.
    mutating func confirm(tag: UInt64, multiple: Bool) {
        guard tag > base, tag <= base + UInt64(confirmed.count) else { return }
        let offset = Int(tag - base) - 1
        if multiple {
            for index in 0...offset { confirmed[index] = true }
        } else {
            confirmed[offset] = true
        }
        let run = confirmed.firstIndex(of: false) ?? confirmed.count
        confirmed.removeFirst(run)
        base += UInt64(run)
    }

    /// Takes the groups out that are wholly confirmed, in order.
    mutating func takeDone() -> [Done] {
        var done: [Done] = []
        while let first = entries.first, first.published == first.group.announcements.count,
            doneBase + UInt64(first.published) <= base
        {
            doneBase += UInt64(first.published)
            done.append(
                Done(
                    head: first.group.head, acknowledgement: first.group.acknowledgement, times: first.group.times,
                    count: first.published))
            entries.removeFirst()
        }
        return done
    }

    /// The publisher's connection is gone: whatever is not wholly confirmed is published again, under the same ids.
    mutating func connectionLost() {
        confirmed = []
        base = 0
        doneBase = 0
        for index in entries.indices { entries[index].published = 0 }
    }
}
