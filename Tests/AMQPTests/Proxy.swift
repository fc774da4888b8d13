// A proxy that can stop carrying what a client sends, slow it down, or change it.

import Glibc
import Polling
import Synchronization
import Testing

/// Stands between a client and the broker and always carries what the broker sends. One connection at a time.
final class Proxy: Sendable {
    /// What becomes of what the client sends.
    enum Mode: UInt8, AtomicRepresentable {
        case carried
        /// Nothing is read from the client.
        case stalled
        /// About half a mebibyte a second.
        case trickling
    }

    let mode = Atomic(Mode.carried)
    let listeningPort: UInt16
    private let listener: Int32
    private let isStopped = Atomic(false)
    private let isCut = Atomic(false)
    private let rewrite: @Sendable (inout [UInt8]) -> Void

    /// - Parameter rewrite: changes what the client sends on its way, piece by piece.
    init(port: UInt16, rewrite: @escaping @Sendable (inout [UInt8]) -> Void = { _ in }) throws {
        self.rewrite = rewrite
        (listener, listeningPort) = try listenOnLoopback()
        _ = PollingThread(name: "proxy") { [self] in
            while !isStopped.load(ordering: .sequentiallyConsistent) {
                let client = accept(listener, nil, nil)
                let broker = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
                var address = loopback(port: port)
                // The kernel reads `address`, which lives for the call and has the size given.
                let status = unsafe withUnsafePointer(to: &address) { pointer in
                    unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                        unsafe connect(broker, generic, socklen_t(MemoryLayout<sockaddr_in>.size))
                    }
                }
                if client >= 0, status == 0 { carry(client, broker) }
                for descriptor in [client, broker] { _ = close(descriptor) }
            }
            _ = close(listener)
        }
    }

    /// Cuts the connection there is; the next one is carried again.
    func cut() { isCut.store(true, ordering: .sequentiallyConsistent) }

    /// From here on nothing is carried any more.
    func stop() {
        isStopped.store(true, ordering: .sequentiallyConsistent)
        // Its `accept` fails.
        _ = shutdown(listener, Int32(SHUT_RDWR))
    }

    private func carry(_ client: Int32, _ broker: Int32) {
        var turn: UInt64 = 0
        while !isStopped.load(ordering: .sequentiallyConsistent) {
            if isCut.exchange(false, ordering: .sequentiallyConsistent) { return }
            let mode = mode.load(ordering: .sequentiallyConsistent)
            // A trickle is one read in a tenth of a second.
            let now = monotonicNanoseconds()
            let mayRead = mode == .carried || (mode == .trickling && now >= turn)
            var targets = [PollTarget(client, read: mayRead), PollTarget(broker)]
            do throws(SystemError) {
                try poll(&targets, timeoutMilliseconds: 20)
            } catch {
                // Ends the connection, which the test notices.
                return
            }
            if targets[0].isReadable {
                turn = now + 100_000_000
                if !copy(from: client, to: broker, rewrite) { return }
            }
            if targets[1].isReadable, !copy(from: broker, to: client, { _ in }) { return }
            if targets[0].hasFailed || targets[1].hasFailed { return }
        }
    }

    private func copy(from source: Int32, to target: Int32, _ rewrite: (inout [UInt8]) -> Void) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        // The kernel writes at most `count` bytes into the buffer.
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(source, $0.baseAddress, $0.count) }
        guard count > 0 else { return false }
        buffer.removeSubrange(count...)
        rewrite(&buffer)
        // The kernel reads no more than the buffer holds.
        return unsafe buffer.withUnsafeBytes { buffer in
            var sent = 0
            while sent < buffer.count {
                let written = unsafe send(
                    target, buffer.baseAddress! + sent, buffer.count - sent, Int32(MSG_NOSIGNAL))
                guard written > 0 else { return false }
                sent += written
            }
            return true
        }
    }
}

/// A socket that listens on a port of its own.
func listenOnLoopback() throws -> (socket: Int32, port: UInt16) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = loopback(port: 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    // The kernel reads and writes `address`, which lives for the calls and has the size given.
    let bound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
            unsafe bind(listener, generic, length) == 0 && listen(listener, 16) == 0
                && getsockname(listener, generic, &length) == 0
        }
    }
    try #require(bound)
    return (listener, UInt16(bigEndian: address.sin_port))
}

private func loopback(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
}
