// Workers for the tests, and dice that say what they were.

import Domain
import Ledger

extension WorkerID {
    static func of(_ number: Int) -> WorkerID { WorkerID(high: 1, low: UInt64(number)) }
}

extension FleetMember {
    static func of(
        _ number: Int, _ standing: Standing = .running, isAlive: Bool = true, isSteady: Bool = true,
        lanes: [Int16] = []
    ) -> FleetMember {
        FleetMember(
            id: .of(number), number: Int64(number), standing: standing, isAlive: isAlive, isSteady: isSteady,
            lanes: lanes)
    }

    func holding(_ lanes: [Int16]) -> FleetMember {
        FleetMember(
            id: id, number: number, standing: standing, isAlive: isAlive, isSteady: isSteady, lanes: lanes)
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014): the same seed gives the same fleets.
struct SeededRandom: RandomNumberGenerator {
    let seed: UInt64
    private var state: UInt64

    init(seed: UInt64 = UInt64.random(in: 0...UInt64(UInt32.max))) {
        self.seed = seed
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
