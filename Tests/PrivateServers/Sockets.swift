// Sockets of the tests' own: a host that takes connections and never says a word, and one that passes everything on
// until it is told to stall.

import Glibc
import Polling
import Synchronization

public struct CannotListen: Error {}

/// A port nobody listens at, below the range that the kernel hands out to outgoing connections.
func freePort() throws -> UInt16 {
    for _ in 0..<1000 {
        let port = UInt16.random(in: 20_000..<32_000)
        if let socket = try? listeningSocket(port: port) {
            _ = close(socket)
            return port
        }
    }
    throw CannotListen()
}

/// - Parameters:
///   - port: 0 for one of the kernel's choice.
///   - address: of the loopback network, its bytes as one number.
private func listeningSocket(port: UInt16 = 0, address number: UInt32 = 0x7F00_0001) throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard unsafe with(addressOf: port, number, { unsafe bind(descriptor, $0, $1) }) == 0, listen(descriptor, 64) == 0
    else {
        _ = close(descriptor)
        throw CannotListen()
    }
    return descriptor
}

private func with(
    addressOf port: UInt16, _ number: UInt32, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = number.bigEndian
    // A sockaddr_in is what AF_INET's calls take as sockaddr; it lives for the call.
    return unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            unsafe body(pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}

private func portNumber(of descriptor: Int32) -> UInt16 {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    // As above; the kernel writes no more than `length` bytes.
    _ = unsafe withUnsafeMutablePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            unsafe getsockname(descriptor, pointer, &length)
        }
    }
    return UInt16(bigEndian: address.sin_port)
}

/// Takes connections and never says a word.
public final class SilentServer: Sendable {
    public let port: UInt16
    private let descriptor: Int32

    public init(port: UInt16 = 0, address: UInt32 = 0x7F00_0001) throws {
        descriptor = try listeningSocket(port: port, address: address)
        self.port = portNumber(of: descriptor)
    }

    deinit { _ = close(descriptor) }
}

/// Passes everything on between its clients and a server on 127.0.0.1, until it is told to stall: then it reads nothing
/// any more, like a network that drops every packet, and its clients hear nothing of that.
public final class StallingProxy: Sendable {
    public let port: UInt16
    private struct State {
        var stalls: [CheckedContinuation<Int, Never>] = []
        var isStopping = false
    }

    private let listener: Int32
    private let upstream: UInt16
    private let wakeup: Wakeup
    private let state = Mutex(State())
    private let thread = Mutex<PollingThread?>(nil)

    public init(to upstream: UInt16) throws {
        self.upstream = upstream
        wakeup = try Wakeup()
        listener = try listeningSocket()
        port = portNumber(of: listener)
        thread.withLock { $0 = PollingThread(name: "stalling-proxy") { [self] in run() } }
    }

    /// For the connections there are; new ones are passed on.
    ///
    /// - Returns: how many they were, once nothing of them is passed on any more.
    @discardableResult
    public func stall() async -> Int {
        await withCheckedContinuation { continuation in
            state.withLock { $0.stalls.append(continuation) }
            wakeup.signal()
        }
    }

    public func stop() async {
        state.withLock { $0.isStopping = true }
        wakeup.signal()
        await thread.withLock { $0 }?.join()
    }

    private func run() {
        /// Each end's other end.
        var peers: [Int32: Int32] = [:]
        /// What was read for an end and is not sent to it yet. Nothing more is read for it until then, and the others go
        /// on meanwhile: a client may read of one connection only after it has read of another.
        var unsent: [Int32: [UInt8]] = [:]
        var stalled: Set<Int32> = []
        while true {
            let (stalls, isStopping) = state.withLock { state in
                defer { state.stalls = [] }
                return (state.stalls, state.isStopping)
            }
            for stall in stalls {
                stall.resume(returning: Set(peers.keys).subtracting(stalled).count / 2)
                stalled.formUnion(peers.keys)
            }
            if isStopping { break }
            var targets = [PollTarget(wakeup.descriptor), PollTarget(listener)]
            targets += peers.filter { !stalled.contains($0.key) }.map { end, peer in
                PollTarget(end, read: unsent[peer] == nil, write: unsent[end] != nil)
            }
            guard (try? Polling.poll(&targets, timeoutMilliseconds: -1)) != nil else { break }
            if targets[0].isReadable { wakeup.drain() }
            if targets[1].isReadable, let (client, server) = accepted() {
                (peers[client], peers[server]) = (server, client)
            }
            for target in targets.dropFirst(2) where target.isReadable || target.isWritable || target.hasFailed {
                let end = target.descriptor
                guard let peer = peers[end] else { continue }
                if target.isWritable, let bytes = unsent.removeValue(forKey: end) { unsent[end] = send(bytes, to: end) }
                if unsent[peer] != nil || !(target.isReadable || target.hasFailed) { continue }
                if let bytes = received(from: end) {
                    unsent[peer] = send(bytes, to: peer)
                } else {
                    for end in [end, peer] {
                        (peers[end], unsent[end]) = (nil, nil)
                        _ = close(end)
                    }
                }
            }
        }
        for end in peers.keys { _ = close(end) }
        _ = close(listener)
    }

    private func accepted() -> (Int32, Int32)? {
        let client = accept(listener, nil, nil)
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if client >= 0, unsafe with(addressOf: upstream, 0x7F00_0001, { unsafe connect(server, $0, $1) }) == 0 {
            return (client, server)
        }
        for end in [client, server] where end >= 0 { _ = close(end) }
        return nil
    }

    /// - Returns: nil when the end has closed.
    private func received(from end: Int32) -> [UInt8]? {
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
            // The kernel fills at most the buffer, and of that as much is kept as it filled.
            count = max(0, unsafe recv(end, buffer.baseAddress, buffer.count, 0))
        }
        return bytes.isEmpty ? nil : bytes
    }

    /// - Returns: what the end does not take at once; nil when it took everything. One that has closed takes it all: the
    ///   next read finds out.
    private func send(_ bytes: [UInt8], to end: Int32) -> [UInt8]? {
        let sent = unsafe bytes.withUnsafeBytes { buffer in
            // The kernel reads the array's bytes, which live for the call.
            unsafe Glibc.send(end, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        }
        if sent < 0 { return errno == EAGAIN ? bytes : nil }
        return sent == bytes.count ? nil : Array(bytes[sent...])
    }
}
