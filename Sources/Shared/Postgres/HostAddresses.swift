// The addresses behind a host's name, so that each of them can be tried with a time limit of its own.

import Glibc

/// The addresses of a host in numbers, in the order in which the system would have them tried; empty when there are
/// none, or no such name. Blocks on the system's resolver.
func addresses(ofHost name: String) -> [String] {
    // All zero, no pointer set: every family, one entry an address instead of one for each kind of socket.
    var hints = unsafe addrinfo()
    unsafe hints.ai_family = AF_UNSPEC
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    // `hints` and `list` live for the call, which copies the name.
    guard unsafe getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
    // The list is ours to free, once, and is not used after that.
    defer { unsafe freeaddrinfo(list) }
    var addresses: [String] = []
    var entry = unsafe list
    while let current = unsafe entry {
        // An entry's address and its length belong together, and its successor lives as long as the list.
        if let address = unsafe numeric(current.pointee.ai_addr, current.pointee.ai_addrlen),
            !addresses.contains(address)
        {
            addresses.append(address)
        }
        unsafe entry = current.pointee.ai_next
    }
    return addresses
}

private func numeric(_ address: UnsafeMutablePointer<sockaddr>?, _ length: socklen_t) -> String? {
    // NI_MAXHOST, which is a macro Swift does not see as a number everywhere.
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1025) { text in
        guard unsafe getnameinfo(address, length, text.baseAddress, 1025, nil, 0, NI_NUMERICHOST) == 0,
            let start = text.baseAddress
        else { return nil }
        // It succeeded, so the text ends with a zero byte.
        return unsafe String(cString: start)
    }
}
