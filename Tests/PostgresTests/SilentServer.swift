// A host that takes connections and never says a word.

import Glibc

/// Listens on 127.0.0.1 and a port of the kernel's choice.
final class SilentServer: Sendable {
    let port: UInt16
    private let descriptor: Int32

    struct CannotListen: Error {}

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        // A sockaddr_in is what AF_INET's calls take as sockaddr; it and its length live for the calls.
        let isListening = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(descriptor, pointer, length) == 0 && listen(descriptor, 8) == 0
                    && getsockname(descriptor, pointer, &length) == 0
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        if !isListening { throw CannotListen() }
    }

    deinit { _ = close(descriptor) }
}
