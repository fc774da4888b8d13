// Seeded fuzzing: cases in any number, each of which its own number repeats, bounded in time.

import Foundation
import Testing

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

    /// Whether something happens that happens so often in a hundred.
    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

    mutating func one<Element>(of elements: [Element]) -> Element { elements[below(elements.count)] }
}

/// An input for which a law does not hold.
struct Counterexample: Error {
    let what: String
    let input: [UInt8]

    /// - Parameter what: the law that is broken.
    init(_ what: String, _ input: [UInt8] = []) {
        self.what = what
        self.input = input
    }
}

enum Fuzzing {
    /// How long each law is looked at: a moment in every run of the tests, minutes with `WALLET_FUZZ_SECONDS=300`.
    static let secondsPerLaw: Double = variable("WALLET_FUZZ_SECONDS").flatMap(Double.init) ?? 0.4

    /// `WALLET_FUZZ_SEED` of a failure makes its case the first.
    static let seed = variable("WALLET_FUZZ_SEED").flatMap(UInt64.init) ?? UInt64.random(in: 0...UInt64(UInt32.max))

    private static func variable(_ name: String) -> String? { ProcessInfo.processInfo.environment[name] }

    /// Looks at cases until the time is over or one is a counterexample.
    ///
    /// - Parameter body: a case, made from the numbers it is given and nothing else.
    static func hold(_ law: String, _ body: (inout Seeded) throws(Counterexample) -> Void) {
        // Printed before anything runs: a trap would leave nothing else.
        print("fuzz \(law): seed \(seed)")
        let clock = ContinuousClock()
        var (number, reported) = (UInt64(0), clock.now)
        let end = clock.now + .seconds(secondsPerLaw)
        while clock.now < end {
            for _ in 0..<16 {
                var generator = Seeded(seed &+ number)
                do { try body(&generator) } catch {
                    let hex = error.input.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
                    Issue.record(
                        "\(law), WALLET_FUZZ_SEED=\(seed &+ number): \(error.what); put the input into Corpus.swift: \(hex)"
                    )
                    return
                }
                number += 1
            }
            // In a long run a trap is then within ten seconds of a seed that was printed.
            if clock.now - reported > .seconds(10) {
                reported = clock.now
                print("fuzz \(law): reached seed \(seed &+ number)")
            }
        }
        print("fuzz \(law): \(number) cases")
    }
}

/// Changes bytes as transport, carelessness or malice would.
func mutated(_ bytes: [UInt8], inserting pieces: [[UInt8]], _ random: inout Seeded) -> [UInt8] {
    var bytes = bytes
    for _ in 0...random.below(3) {
        let place = random.below(bytes.count + 1)
        switch random.below(9) {
        case 0: bytes = Array(bytes[..<place])
        case 1 where place < bytes.count: bytes[place] ^= 1 << UInt8(random.below(8))
        case 2 where place < bytes.count: bytes[place] = UInt8(random.below(256))
        case 3 where place < bytes.count: bytes.remove(at: place)
        case 4: bytes.insert(UInt8(random.below(256)), at: place)
        case 5, 6: bytes.insert(contentsOf: random.one(of: pieces), at: place)
        case 7:
            let end = place + random.below(bytes.count - place + 1)
            bytes.insert(contentsOf: bytes[place..<end], at: random.below(bytes.count + 1))
        default:
            let other = random.below(bytes.count + 1)
            bytes.removeSubrange(min(place, other)..<min(max(place, other), min(place, other) + 12))
        }
    }
    return bytes
}
