// The only file that imports CPolling: eventfd, poll and thread names, with a Swift face.

import CPolling
import Glibc

/// A counter in the kernel that makes a `poll` return. Any thread may signal it; the thread that polls drains it.
public final class Wakeup: Sendable {
    /// Readable while a signal has not been drained.
    public let descriptor: Int32

    /// - Throws: `SystemError` when the process is out of descriptors.
    public init() throws(SystemError) {
        descriptor = contacto_eventfd()
        guard descriptor >= 0 else { throw SystemError(call: "eventfd", code: contacto_errno()) }
    }

    deinit { _ = close(descriptor) }

    /// Wakes the polling thread. Signals that come before it drains are one.
    public func signal() {
        var one: UInt64 = 1
        // The kernel reads 8 bytes from `one`, which lives for the call. EAGAIN means the counter is full: it is awake.
        _ = unsafe write(descriptor, &one, 8)
    }

    /// Forgets the signals so far, so that the next `poll` waits again.
    public func drain() {
        var count: UInt64 = 0
        // The kernel writes 8 bytes into `count`, which lives for the call. EAGAIN means there was nothing to drain.
        _ = unsafe read(descriptor, &count, 8)
    }
}

/// A descriptor to wait for, and what came of it.
public struct PollTarget: Sendable {
    public var descriptor: Int32
    public var wantsRead: Bool
    public var wantsWrite: Bool
    public internal(set) var isReadable = false
    public internal(set) var isWritable = false
    /// The peer is gone or the descriptor is bad: reading it gives the reason.
    public internal(set) var hasFailed = false

    public init(_ descriptor: Int32, read: Bool = true, write: Bool = false) {
        self.descriptor = descriptor
        wantsRead = read
        wantsWrite = write
    }
}

/// Waits until one of the targets is ready or the time is over, and notes in each what it is ready for.
///
/// - Parameter timeoutMilliseconds: −1 waits for ever, 0 looks and returns.
/// - Returns: how many targets are ready; 0 after a time-out or a signal.
@discardableResult
public func poll(_ targets: inout [PollTarget], timeoutMilliseconds: Int32) throws(SystemError) -> Int {
    let ready = unsafe withUnsafeTemporaryAllocation(of: pollfd.self, capacity: targets.count) { entries -> Int32 in
        for (index, target) in targets.enumerated() {
            let events = (target.wantsRead ? POLLIN : 0) | (target.wantsWrite ? POLLOUT : 0)
            // Within the capacity asked for one line above; pollfd is trivial.
            unsafe entries[index] = pollfd(fd: target.descriptor, events: Int16(events), revents: 0)
        }
        let count = unsafe CPolling.poll(entries.baseAddress, nfds_t(targets.count), timeoutMilliseconds)
        for index in targets.indices {
            let events = count > 0 ? Int32(unsafe entries[index].revents) : 0
            targets[index].isReadable = events & POLLIN != 0
            targets[index].isWritable = events & POLLOUT != 0
            targets[index].hasFailed = events & (POLLERR | POLLHUP | POLLNVAL) != 0
        }
        return count
    }
    guard ready < 0 else { return Int(ready) }
    let code = contacto_errno()
    if code == EINTR { return 0 }
    throw SystemError(call: "poll", code: code)
}

/// A system call that failed, with its `errno`.
public struct SystemError: Error, Equatable, CustomStringConvertible {
    public let call: String
    public let code: Int32

    public var description: String { "\(call) failed with errno \(code)" }
}

/// Nanoseconds of a clock that only goes forward, for measuring and for time-outs; its zero means nothing.
public func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    // The kernel fills `time`, which lives for the call.
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// Names the calling thread for `ps -L` and debuggers; Linux keeps the first 15 bytes.
func nameThisThread(_ name: String) {
    unsafe String(name.prefix(15)).withCString { unsafe contacto_name_thread($0) }
}
