// Secrets stay hidden, and trace headers are read strictly.

import Testing

@testable import Telemetry

/// SplitMix64 (Steele, Lea and Flood 2014): the same seed gives the same run.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// Chance that is none.
struct Zeros: RandomNumberGenerator {
    mutating func next() -> UInt64 { 0 }
}

@Suite("Secrets")
struct SecretTests {
    struct Account {
        let name = "n"
        let password = Secret("geheim")
        let key: Secret<[UInt8]>? = Secret(Array("geheim".utf8))
    }

    @Test("no way of printing shows a secret, alone or inside another value")
    func redaction() {
        let account = Account()
        var dumped = ""
        dump(account, to: &dumped)
        dump(account.password, to: &dumped)
        let shown = [
            "\(account.password)", String(reflecting: account.password), "\(account)", String(reflecting: account),
            "\([account.password])", "\(["k": account.key])", dumped,
        ]
        for text in shown {
            #expect(!text.contains("geheim") && !text.contains("103") && text.contains("‹redacted›"))
        }
        #expect(Mirror(reflecting: account.password).children.isEmpty)
    }

    @Test("what was put in is revealed when asked for")
    func reveal() {
        #expect(Secret("geheim").reveal() == "geheim")
        #expect(Secret([UInt8(1), 255]).reveal() == [1, 255])
    }

    @Test("two secrets match when they are the same, byte for byte")
    func matching() {
        #expect(Secret("geheim").matches(Secret("geheim")) && Secret("").matches(Secret("")))
        for other in ["geheiM", "gehei", "geheimm", "", "Geheim"] { #expect(!Secret("geheim").matches(Secret(other))) }
    }
}

@Suite("Trace context")
struct TraceContextTests {
    let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    @Test("a header is read and written back the same")
    func roundTrip() throws {
        let trace = try #require(TraceContext(traceparent: header))
        #expect(trace.traceID == "4bf92f3577b34da6a3ce929d0e0e4736" && trace.parentID == "00f067aa0ba902b7")
        #expect(trace.isSampled && "\(trace)" == header)
        var random = SeededRandom(seed: 3)
        for _ in 0..<1_000 {
            let made = TraceContext.generate(isSampled: Bool.random(using: &random), using: &random)
            #expect(TraceContext(traceparent: "\(made)") == made)
        }
    }

    @Test(
        "anything but the exact form is refused",
        arguments: [
            "", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4BF92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 ",
            " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01",
            "00-é4bf92f3577b34da6a3ce929d0e0e47-00f067aa0ba902b7-01",
        ])
    func strict(text: String) {
        #expect(TraceContext(traceparent: text) == nil)
    }

    @Test("a child keeps the trace and whether it is sampled, has a parent of its own and no reserved flags")
    func child() throws {
        var random = SeededRandom(seed: 5)
        let trace = try #require(TraceContext(traceparent: header.dropLast(2) + "ff"))
        let child = trace.child(using: &random)
        #expect(child.traceID == trace.traceID && child.parentID != trace.parentID)
        #expect(child.flags == 1)
        #expect(!TraceContext.generate(isSampled: false).child().isSampled)
    }

    @Test("no id is zero, even without any chance")
    func zeros() {
        var zeros = Zeros()
        let trace = TraceContext.generate(using: &zeros)
        #expect(TraceContext(traceparent: "\(trace)") == trace)
        #expect(TraceContext(traceparent: "\(trace.child(using: &zeros))") != nil)
    }
}
