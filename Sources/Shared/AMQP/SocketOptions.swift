// The kernel's part: options of a connection's socket.

import Glibc

/// Options of a TCP socket that librabbitmq opened.
enum SocketOptions {
    /// Asked for as the send buffer; the kernel doubles it for its own bookkeeping and caps it at `wmem_max`.
    private static let sendBufferBytes: Int32 = 262_144

    /// Bounds how long unacknowledged or unaccepted bytes may stand, and fixes the send buffer.
    ///
    /// `SO_SNDTIMEO` is left alone: the library's sockets are non-blocking (0.11, checked), and there it does nothing.
    /// - Returns: how many bytes can be sent after `poll` has called the socket writable, without blocking: the kernel
    ///   does so while a third of the buffer is free, and small segments take it up more than twice over.
    static func prepare(_ socket: Int32, userTimeoutMilliseconds: Int) throws(AMQPError) -> Int {
        try set(socket, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, Int32(clamping: userTimeoutMilliseconds))
        try set(socket, SOL_SOCKET, SO_SNDBUF, sendBufferBytes)
        var actual: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        // The kernel writes at most `length` bytes into `actual`, which lives for the call.
        guard unsafe getsockopt(socket, SOL_SOCKET, SO_SNDBUF, &actual, &length) == 0 else {
            throw .connectFailed("the size of the send buffer cannot be read")
        }
        return max(4_096, Int(actual) / 8)
    }

    /// While set, small sends gather to full segments; clearing it sends what is left.
    static func setCork(_ socket: Int32, _ isSet: Bool) throws(AMQPError) {
        try set(socket, Int32(IPPROTO_TCP), TCP_CORK, isSet ? 1 : 0)
    }

    private static func set(_ socket: Int32, _ level: Int32, _ name: Int32, _ value: Int32) throws(AMQPError) {
        var value = value
        // The kernel reads 4 bytes from `value`, which lives for the call.
        guard unsafe setsockopt(socket, level, name, &value, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
            throw .connectionLost("a socket option was refused")
        }
    }
}
