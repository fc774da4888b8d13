// Chance with a seed: the same seed deals the same day on every machine.

import Foundation

/// The SplitMix64 generator (Steele, Lea and Flood, OOPSLA 2014), and the few draws that a day needs.
///
/// The draws are made here and not by the standard library, whose ways of drawing may change from release to release.
struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A whole number from 0 to below a bound above 0. The bias is below bound ÷ 2⁶⁴.
    mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0, "a draw needs something to draw from")
        return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[below(elements.count)]
    }

    /// One of the choices, each as often as its weight says.
    mutating func pick<Choice>(weighted choices: [(Choice, weight: Int)]) -> Choice {
        var ticket = below(choices.reduce(0) { $0 + $1.weight })
        for (choice, weight) in choices {
            if ticket < weight { return choice }
            ticket -= weight
        }
        preconditionFailure("a ticket is below the sum of the weights")
    }

    /// Whether something happens that happens so many times in a hundred.
    mutating func chance(percent: Int) -> Bool { below(100) < percent }

    /// An amount around a median, with the long tail of a log-normal distribution; the normal below it is the sum of
    /// twelve uniforms, so an amount lies within e^(±6 × spread) of the median.
    mutating func amount(median: Int64, spread: Double) -> Int64 {
        var sum = 0.0
        for _ in 0..<12 { sum += Double(next() >> 11) * 0x1p-53 }
        return max(1, Int64((Double(median) * exp(spread * (sum - 6))).rounded()))
    }
}
