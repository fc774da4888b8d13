// Which publishes of a connection wait for their confirm: pure, tested without a broker.

/// The unconfirmed publishes of one channel by their number, which counts from 1 without gaps.
struct ConfirmLedger<Entry> {
    private var entries: [Entry?] = []
    /// The number of `entries[0]`.
    private var base: UInt64 = 1
    /// Everything before this index is settled.
    private var head = 0
    /// How many wait.
    private(set) var count = 0

    /// Takes the next publish.
    mutating func append(_ entry: Entry) {
        entries.append(entry)
        count += 1
    }

    /// The number that the next publish will have.
    var nextTag: UInt64 { base + UInt64(entries.count) }

    /// Takes out what a confirm or nack speaks of, in order; a number is settled once.
    ///
    /// - Returns: nil for a number that was never given: the peer and we do not agree.
    mutating func settle(tag: UInt64, multiple: Bool) -> [Entry]? {
        // 0 with `multiple` means all so far (AMQP 0-9-1, basic.ack).
        if tag == 0, multiple { return settle(upTo: entries.count) }
        guard tag > 0, tag < nextTag else { return nil }
        // Dropped from the front already.
        guard tag >= base else { return [] }
        let index = Int(tag - base)
        if multiple { return settle(upTo: index + 1) }
        let entry = entries[index].take()
        if entry != nil { count -= 1 }
        advance()
        return entry.map { [$0] } ?? []
    }

    private mutating func settle(upTo end: Int) -> [Entry] {
        guard end > head else { return [] }
        var settled: [Entry] = []
        for index in head..<end {
            if let entry = entries[index].take() { settled.append(entry) }
        }
        count -= settled.count
        advance()
        return settled
    }

    /// The first that waits and fulfils the condition is changed.
    ///
    /// - Returns: false if there is none.
    mutating func updateFirst(where condition: (Entry) -> Bool, _ change: (inout Entry) -> Void) -> Bool {
        for index in head..<entries.count {
            guard var entry = entries[index], condition(entry) else { continue }
            change(&entry)
            entries[index] = entry
            return true
        }
        return false
    }

    /// The entry with this number; nil if it is settled.
    subscript(tag: UInt64) -> Entry? {
        get { tag >= base && tag < nextTag ? entries[Int(tag - base)] : nil }
        set {
            guard tag >= base, tag < nextTag, entries[Int(tag - base)] != nil, let newValue else { return }
            entries[Int(tag - base)] = newValue
        }
    }

    /// The oldest that waits.
    var first: Entry? { head < entries.count ? entries[head] : nil }

    /// Takes out all that wait, in order, and counts from 1 again, as a new channel does.
    mutating func reset() -> [Entry] {
        let waiting = entries[head...].compactMap { $0 }
        self = ConfirmLedger()
        return waiting
    }

    private mutating func advance() {
        while head < entries.count, entries[head] == nil { head += 1 }
        guard head == entries.count || (head >= 1_024 && head * 2 >= entries.count) else { return }
        entries.removeFirst(head)
        base += UInt64(head)
        head = 0
    }
}
