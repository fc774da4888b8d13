// A cache that cannot grow without end: two generations, of which the older is forgotten when the younger is full or old.

import Polling
import Synchronization

/// Remembers what was used lately. What is used again moves into the younger generation and stays.
final class BoundedCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Generations {
        var young: [Key: Value] = [:]
        var old: [Key: Value] = [:]
        var youngSince: UInt64 = 0
    }

    private let state = Mutex(Generations())
    private let countMax: Int
    private let generationNanoseconds: UInt64

    /// - Parameters:
    ///   - countMax: values kept at most.
    ///   - generationSeconds: an unused value is kept at least this long if there is room, and at most twice as long.
    init(countMax: Int, generationSeconds: UInt64 = .max / 1_000_000_000) {
        self.countMax = countMax
        generationNanoseconds = generationSeconds * 1_000_000_000
    }

    func value(_ key: Key) -> Value? {
        state.withLock { state in
            turn(&state)
            if let value = state.young[key] { return value }
            guard let value = state.old.removeValue(forKey: key) else { return nil }
            state.young[key] = value
            return value
        }
    }

    func set(_ value: Value, for key: Key) {
        state.withLock { state in
            turn(&state)
            state.old[key] = nil
            state.young[key] = value
        }
    }

    /// Changes a value that is there, without counting as a use. The closure may run on whatever is kept, or not at all.
    func update<Result>(_ key: Key, _ change: (inout Value) -> Result) -> Result? {
        state.withLock { state in
            turn(&state)
            if state.young[key] != nil { return change(&state.young[key]!) }
            if state.old[key] != nil { return change(&state.old[key]!) }
            return nil
        }
    }

    /// Changes a value, a new one where there is none. Counts as a use.
    func change<Result>(_ key: Key, orNew new: Value, _ change: (inout Value) -> Result) -> Result {
        state.withLock { state in
            turn(&state)
            var value = state.young[key] ?? state.old.removeValue(forKey: key) ?? new
            let result = change(&value)
            state.young[key] = value
            return result
        }
    }

    var isEmpty: Bool {
        state.withLock { state in
            turn(&state)
            return state.young.isEmpty && state.old.isEmpty
        }
    }

    private func turn(_ state: inout Generations) {
        let now = monotonicNanoseconds()
        if state.youngSince == 0 { state.youngSince = now }
        let age = now - state.youngSince
        guard state.young.count >= max(1, countMax / 2) || age >= generationNanoseconds else { return }
        // What nobody has looked at for two lifetimes is as old as the generation before it.
        state.old = age / 2 >= generationNanoseconds ? [:] : state.young
        state.young = [:]
        state.youngSince = now
    }
}
