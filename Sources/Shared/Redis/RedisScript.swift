// Lua scripts, sent by their digest and only once in full.

/// A Lua script that the server keeps under the SHA-1 of its source.
public struct RedisScript: Sendable, Hashable {
    public let source: String
    /// 40 lower-case hex digits, the name of the script on the server.
    public let digest: String

    public init(_ source: String) {
        self.source = source
        digest = sha1Hex(Array(source.utf8))
    }

    func byDigest(keys: [RedisArgument], arguments: [RedisArgument]) -> RedisCommand {
        RedisCommand("EVALSHA", [.string(digest), .integer(Int64(keys.count))] + keys + arguments)
    }

    func inFull(keys: [RedisArgument], arguments: [RedisArgument]) -> RedisCommand {
        RedisCommand("EVAL", [.string(source), .integer(Int64(keys.count))] + keys + arguments)
    }
}

/// SHA-1 (FIPS 180-4, section 6.1). Redis names scripts by it; it protects nothing here.
func sha1Hex(_ message: [UInt8]) -> String {
    var padded = message
    padded.append(0x80)
    while padded.count % 64 != 56 { padded.append(0) }
    let bitCount = UInt64(message.count) * 8
    for shift in stride(from: 56, through: 0, by: -8) { padded.append(UInt8(truncatingIfNeeded: bitCount >> shift)) }

    var hash: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
    for block in stride(from: 0, to: padded.count, by: 64) { sha1Absorb(padded[block..<(block + 64)], into: &hash) }

    let digits = Array("0123456789abcdef".utf8)
    var hex: [UInt8] = []
    for word in hash {
        for shift in stride(from: 28, through: 0, by: -4) { hex.append(digits[Int(word >> shift & 0xf)]) }
    }
    return String(decoding: hex, as: UTF8.self)
}

private func sha1Absorb(_ block: ArraySlice<UInt8>, into hash: inout [UInt32]) {
    func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word << count | word >> (32 - count) }

    var schedule: [UInt32] = []
    schedule.reserveCapacity(80)
    for start in stride(from: block.startIndex, to: block.endIndex, by: 4) {
        schedule.append(block[start..<(start + 4)].reduce(0) { $0 << 8 | UInt32($1) })
    }
    for round in 16..<80 {
        let mixed = schedule[round - 3] ^ schedule[round - 8] ^ schedule[round - 14] ^ schedule[round - 16]
        schedule.append(rotated(mixed, 1))
    }

    var (a, b, c, d, e) = (hash[0], hash[1], hash[2], hash[3], hash[4])
    for round in 0..<80 {
        let (choice, constant): (UInt32, UInt32) =
            switch round {
            case 0..<20: ((b & c) | (~b & d), 0x5a82_7999)
            case 20..<40: (b ^ c ^ d, 0x6ed9_eba1)
            case 40..<60: ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc)
            default: (b ^ c ^ d, 0xca62_c1d6)
            }
        let next = rotated(a, 5) &+ choice &+ e &+ constant &+ schedule[round]
        (a, b, c, d, e) = (next, a, rotated(b, 30), c, d)
    }
    for (index, word) in [a, b, c, d, e].enumerated() { hash[index] &+= word }
}
