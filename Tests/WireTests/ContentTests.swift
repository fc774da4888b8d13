// When two contents are the same, where they differ, and the receipt that holds one of them.

import Crypto
import Domain
import Testing
import Wire

@Suite("Contents")
struct ContentTests {
    private func content(_ body: String, type: String = "t", target: String = "") -> CommandContent {
        CommandContent(type: type, target: target, body: Array(body.utf8))
    }

    private static let body = #"{"a":1,"b":{"c":[1,{"d":2,"e":3}],"f":"x"}}"#

    @Test(
        "white space, the order of keys and ways to escape do not make another content",
        arguments: [
            #" {"a" : 1 , "b":{"c":[ 1,{"d":2,"e":3}],"f":"x"}}"#, #"{"b":{"f":"x","c":[1,{"e":3,"d":2}]},"a":1}"#,
            "{\n\"\\u0061\":1,\"b\":{\"c\":[1,{\"d\":2,\"e\":3}],\"f\":\"\\u0078\"}}",
        ])
    func same(body: String) {
        #expect(content(body).digest == content(Self.body).digest)
        #expect(content(Self.body).differingField(from: content(body)) == nil)
    }

    @Test(
        "another value is another content, and its path is told",
        arguments: [
            (#"{"a":2,"b":{"c":[1,{"d":2,"e":3}],"f":"x"}}"#, "a"),
            (#"{"a":1.0,"b":{"c":[1,{"d":2,"e":3}],"f":"x"}}"#, "a"),
            (#"{"a":"1","b":{"c":[1,{"d":2,"e":3}],"f":"x"}}"#, "a"),
            (#"{"b":{"c":[1,{"d":2,"e":3}],"f":"x"}}"#, "a"),
            (#"{"a":1,"b":{"c":[1,{"d":2,"e":3}],"f":"y"}}"#, "b.f"),
            (#"{"a":1,"b":{"c":[1,{"d":2,"e":4}],"f":"x"}}"#, "b.c"),
            (#"{"a":1,"b":{"c":[{"d":2,"e":3},1],"f":"x"}}"#, "b.c"),
            (#"{"a":1,"b":{"c":[1,{"d":2,"e":3}],"f":"x","g":null}}"#, "b.g"),
            (#"{"a":1,"b":null}"#, "b"), (#"{"a":1,"b":{"c":[1,{"d":2,"e":3}],"f":"x"},"z":0}"#, "z"),
            ("[1]", "body"), ("not JSON", "body"), ("", "body"),
        ])
    func different(body: String, field: String) {
        #expect(content(body).digest != content(Self.body).digest)
        #expect(content(Self.body).differingField(from: content(body)) == field)
        #expect(content(body).differingField(from: content(Self.body)) != nil)
    }

    @Test("type and target are content")
    func around() {
        let base = content("{}", type: "t", target: "a=b")
        #expect(base.differingField(from: content("{}", type: "u", target: "x")) == "type")
        #expect(base.differingField(from: content("{}", type: "t", target: "x")) == "target")
        #expect(base.digest != content("{}", type: "u", target: "a=b").digest)
        #expect(base.digest != content("{}", type: "t", target: "a").digest)
        #expect(content("{}", type: "ta", target: "b").digest != content("{}", type: "t", target: "ab").digest)
    }

    @Test("two ways of writing one character are two contents for digest and comparison alike")
    func canonicalEquivalence() {
        for (one, other, field) in [
            ("{\"n\":\"\u{e9}\"}", "{\"n\":\"e\u{301}\"}", "n"), ("{\"\u{e9}\":1}", "{\"e\u{301}\":1}", "\u{e9}"),
        ] {
            #expect(content(one).digest != content(other).digest)
            #expect(content(one).differingField(from: content(other)) == field)
        }
    }

    @Test("digest and comparison agree on any two of some hundred bodies")
    func agreement() {
        let leaves = ["0", "1", "\"0\"", "null"]
        let pairs = leaves.flatMap { one in leaves.map { (one, $0) } }
        let small =
            leaves + pairs.flatMap { ["[\($0),\($1)]", "{\"a\":\($0),\"b\":\($1)}", "{\"b\":\($1),\"a\":\($0)}"] }
        let bodies = small + small.map { "{\"x\":[\($0)], \"y\":\($0)}" }
        let contents = bodies.map { content($0) }
        let digests = contents.map { Array($0.digest) }
        var wrong: [String] = []
        for one in bodies.indices {
            for other in bodies.indices {
                let isSame = contents[one].differingField(from: contents[other]) == nil
                if isSame != (digests[one] == digests[other]) { wrong.append("\(bodies[one]) and \(bodies[other])") }
            }
        }
        #expect(wrong.isEmpty)
    }

    @Test("a body that is not JSON is its bytes")
    func notJSON() {
        #expect(content("{ ").digest != content("{").digest)
        #expect(content("x").differingField(from: content("x")) == nil)
        #expect(content("x").differingField(from: content("x ")) == "body")
    }
}

@Suite("Receipts")
struct ReceiptTests {
    private static let key = SymmetricKey(data: [UInt8](repeating: 9, count: 32))
    private static let command = CommandID(high: 1, low: 2)
    private static let receipt = Receipt(
        command: command, acceptedAt: Sample.acceptedAt, contentDigest: Array(Sample.content(.submitTransfer).digest))

    private func read(
        _ text: String, command: CommandID = command, caller: String = "amina", key: SymmetricKey = key
    ) -> Receipt? {
        Receipt(text, command: command, caller: caller, key: key)
    }

    @Test("a receipt is read by the caller it was given to")
    func roundTrip() {
        #expect(read(Self.receipt.text(caller: "amina", key: Self.key)) == Self.receipt)
    }

    @Test("a receipt fits into a URL as it is")
    func urlSafe() {
        let text = Self.receipt.text(caller: "amina", key: Self.key)
        #expect(text.utf8.count == 75)
        #expect(text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
    }

    @Test("another caller, command or key cannot use it")
    func foreign() {
        let text = Self.receipt.text(caller: "amina", key: Self.key)
        #expect(read(text, caller: "badis") == nil)
        #expect(read(text, caller: "") == nil)
        #expect(read(text, command: CommandID(high: 1, low: 3)) == nil)
        #expect(read(text, key: SymmetricKey(data: [UInt8](repeating: 8, count: 32))) == nil)
    }

    @Test("any character altered, left out or added makes it nothing")
    func altered() {
        let text = Array(Self.receipt.text(caller: "amina", key: Self.key))
        for index in text.indices {
            var changed = text
            changed[index] = changed[index] == "A" ? "B" : "A"
            #expect(read(String(changed)) == nil)
            changed.remove(at: index)
            #expect(read(String(changed)) == nil)
        }
        #expect(read(String(text) + "A") == nil)
        #expect(read("") == nil && read("%%%") == nil)
    }
}

@Suite("Base64")
struct Base64Tests {
    @Test("what is written without padding is read back, and RFC 4648's examples too")
    func roundTrip() {
        for count in 0...70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 73 &+ count) }
            #expect(decodeBase64(encodeBase64URL(bytes)) == bytes)
        }
        #expect(encodeBase64URL(Array("foobar".utf8)) == "Zm9vYmFy")
        #expect(encodeBase64URL([0xfb, 0xff]) == "-_8")
        #expect(decodeBase64("Zm8=") == Array("fo".utf8) && decodeBase64("+/8") == [0xfb, 0xff])
    }

    @Test(
        "stray bits, stray characters and half a byte are refused",
        arguments: ["A", "Zm9=v", "Zh", "Zm9 ", "Zm9\n", "é"])
    func refused(text: String) {
        #expect(decodeBase64(text) == nil)
    }
}
