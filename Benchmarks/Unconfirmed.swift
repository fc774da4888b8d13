// The books of a publisher that wants to know how long each confirm took.

/// Publishes that are not confirmed yet, and when each was due. Confirms may come out of order.
struct Unconfirmed {
    private var due: [UInt64: UInt64] = [:]
    /// Everything below is confirmed.
    private var lowest: UInt64 = 1
    private var last: UInt64 = 0

    var count: Int { due.count }

    mutating func sent(tag: UInt64, due time: UInt64) {
        due[tag] = time
        last = tag
    }

    mutating func confirmed(tag: UInt64, multiple: Bool, each: (UInt64) -> Void) {
        if multiple {
            while lowest <= min(tag, last) {
                if let time = due.removeValue(forKey: lowest) { each(time) }
                lowest += 1
            }
        } else if let time = due.removeValue(forKey: tag) {
            each(time)
        }
        while lowest <= last, due[lowest] == nil { lowest += 1 }
    }
}
