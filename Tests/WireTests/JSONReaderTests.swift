// What RFC 8259 accepts and refuses, and what a reader of money refuses beyond it.

import Testing
import Wire

@Suite("Strict JSON")
struct JSONReaderTests {
    @Test(
        "what RFC 8259 allows is read",
        arguments: [
            ("null", .null), ("true", .bool(true)), (" false\n", .bool(false)), ("\t\"\"\r", .string("")),
            ("0", .number("0")), ("-0", .number("-0")), ("-12.50e+07", .number("-12.50e+07")),
            ("1E5", .number("1E5")), ("[]", .array([])), ("[ ]", .array([])), ("{ }", .object([])),
            ("[1 , 2]", .array([.number("1"), .number("2")])),
            (#"{"a" : {"b":[null]}}"#, .object([.init("a", .object([.init("b", .array([.null]))]))])),
            (#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{c}\n\r\t")), (#""\u0041\u00e9\u20AC""#, .string("Aé€")),
            (#""\ud83d\ude00""#, .string("😀")), ("\"\u{7f}é😀\"", .string("\u{7f}é😀")),
            (#"{"":1}"#, .object([.init("", .number("1"))])), (#""\u0000""#, .string("\0")),
        ] as [(String, JSON)])
    func accepted(text: String, value: JSON) {
        #expect(parse(text) == .success(value))
    }

    @Test("a number keeps its own characters", arguments: ["150000.0", "1.5e5", "9223372036854775808", "1e-9", "0.10"])
    func tokens(text: String) {
        #expect(parse(text) == .success(.number(text)))
        #expect(JSON.number(text).integer == nil)
    }

    @Test(
        "what is not JSON is refused with its reason",
        arguments: [
            ("", .endedEarly), ("  ", .endedEarly), ("[1,", .endedEarly), ("{\"a\"", .endedEarly), ("\"a", .endedEarly),
            ("tru", .endedEarly), ("\"\\", .endedEarly), ("\"\\u12", .endedEarly), ("{\"a\":", .endedEarly),
            ("1 2", .trailingText), ("{} x", .trailingText), ("nullx", .trailingText), ("\"a\"\"b\"", .trailingText),
            ("[1]\0", .trailingText),
            ("[1,]", .unexpectedCharacter), ("{\"a\":1,}", .unexpectedCharacter), ("[,1]", .unexpectedCharacter),
            ("{a:1}", .unexpectedCharacter), ("{'a':1}", .unexpectedCharacter), ("{\"a\" 1}", .unexpectedCharacter),
            ("[1 2]", .unexpectedCharacter), ("True", .unexpectedCharacter), ("NaN", .unexpectedCharacter),
            ("Infinity", .unexpectedCharacter), ("+1", .unexpectedCharacter), (".5", .unexpectedCharacter),
            ("/* */1", .unexpectedCharacter), ("\u{feff}1", .unexpectedCharacter), ("\u{a0}1", .unexpectedCharacter),
            ("[1}", .unexpectedCharacter), ("{1:2}", .unexpectedCharacter), ("\u{c}1", .unexpectedCharacter),
            ("01", .badNumber), ("-01", .badNumber), ("00", .badNumber), ("-", .badNumber), ("1.", .badNumber),
            ("1e", .badNumber), ("1e+", .badNumber), ("1.e5", .badNumber), ("--1", .badNumber), ("-a", .badNumber),
            ("0x10", .trailingText), ("1_000", .trailingText),
            (#""\x41""#, .badEscape), (#""\'""#, .badEscape), (#""\u00g0""#, .badEscape), (#""\U0041""#, .badEscape),
            (#""\ud800""#, .badEscape), (#""\udc00""#, .badEscape), (#""\ud800\u0041""#, .badEscape),
            (#""\ud800\ud800""#, .badEscape), (#""\ud800x""#, .badEscape), (#""\udc00\ud800""#, .badEscape),
            ("\"a\nb\"", .controlCharacter), ("\"\t\"", .controlCharacter), ("\"\u{0}\"", .controlCharacter),
            ("\"\\n\u{1f}\"", .controlCharacter),
            (#"{"a":1,"a":1}"#, .duplicateKey), (#"{"a":1,"\u0061":2}"#, .duplicateKey),
            (#"[{"b":{"a":1,"c":2,"a":3}}]"#, .duplicateKey),
        ] as [(String, JSONError.Reason)])
    func refused(text: String, reason: JSONError.Reason) {
        #expect(parse(text).failure?.reason == reason)
    }

    @Test(
        "bytes that are not UTF-8 are refused inside a string and outside",
        arguments: [
            [0x22, 0xff, 0x22], [0x22, 0xc3, 0x22], [0x22, 0xc0, 0xaf, 0x22], [0x22, 0xe0, 0x80, 0x80, 0x22],
            [0x22, 0xed, 0xa0, 0x80, 0x22], [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22], [0x22, 0x80, 0x22],
            [0x22, 0x5c, 0x6e, 0xff, 0x22],
        ] as [[UInt8]])
    func badUTF8(bytes: [UInt8]) {
        #expect(parse(bytes).failure?.reason == .badUTF8)
        #expect(parse([0xff]).failure?.reason == .unexpectedCharacter)
    }

    @Test("a key that is there twice is named, among few keys and among many")
    func duplicateName() {
        #expect(parse(#"{"amount":1,"amount":2}"#).failure?.key == "amount")
        for count in [15, 16, 17, 40] {
            let keys = (0..<count).map { "\"k\($0)\":0" }
            #expect(parse("{\(keys.joined(separator: ","))}").failure == nil)
            for again in [0, count - 1] {
                let text = "{\(keys.joined(separator: ",")),\"k\(again)\":0}"
                #expect(parse(text).failure?.key == "k\(again)")
            }
        }
    }

    @Test("arrays and objects may be nested to the limit and no deeper")
    func depth() {
        func nested(_ depth: Int, _ open: String, _ inner: String, _ close: String) -> String {
            String(repeating: open, count: depth) + inner + String(repeating: close, count: depth)
        }
        for (open, inner, close) in [("[", "", "]"), ("[", "1", "]"), ("{\"a\":", "1", "}"), ("[{\"a\":", "1", "}]")] {
            let limit = JSON.depthMax / open.filter { "[{".contains($0) }.count
            #expect(parse(nested(limit, open, inner, close)).failure == nil)
            #expect(parse(nested(limit + 1, open, inner, close)).failure?.reason == .tooDeep)
        }
        #expect(parse(String(repeating: "[", count: 200_000)).failure?.reason == .tooDeep)
    }

    @Test("a text may have so many values and no more")
    func values() {
        func array(_ count: Int) -> String { "[" + Array(repeating: "1", count: count).joined(separator: ",") + "]" }
        #expect(parse(array(JSON.valuesMax - 1)).failure == nil)
        #expect(parse(array(JSON.valuesMax)).failure?.reason == .tooMany)
    }

    @Test("a failure says at which byte, and nothing of the text")
    func offset() {
        #expect(parse("[1, x]").failure?.offset == 4)
        #expect(parse("\"secret\u{1}\"").failure?.description.contains("secret") == false)
    }
}

@Suite("Writing JSON")
struct JSONWriterTests {
    @Test("every text that is written is read back, whatever is in it")
    func strings() {
        let texts = (0...0x2fff).compactMap { Unicode.Scalar($0) }.map { "a\($0)b" } + ["", "😀", "\"\\/", "e\u{301}"]
        let unread = texts.filter { text in
            var writer = JSONWriter()
            writer.value(text)
            guard case .success(.string(let read)) = parse(writer.bytes) else { return true }
            return !read.utf8.elementsEqual(text.utf8)
        }
        #expect(unread.isEmpty)
    }

    @Test("quotes, backslashes and control characters are escaped, and nothing else")
    func escapes() {
        var writer = JSONWriter()
        writer.value("\"\\\u{0}\n\u{1f}\u{7f}/é")
        #expect(writer.text == #""\"\\\u0000\u000a\u001f\#u{7f}/é""#)
    }

    @Test("commas come by themselves, in objects, in arrays, and after what is empty")
    func structure() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("a", 1)
        writer.object("b") { _ in }
        writer.array("c") { json in
            json.value(1)
            json.value("x")
            json.beginObject()
            json.endObject()
            json.beginArray()
            json.endArray()
        }
        writer.member("d", true)
        writer.member("e", json: Array("[0]".utf8))
        writer.member("f", plain: { $0.append(contentsOf: Array("p".utf8)) })
        writer.endObject()
        #expect(writer.text == #"{"a":1,"b":{},"c":[1,"x",{},[]],"d":true,"e":[0],"f":"p"}"#)
    }

    @Test("numbers are written in full", arguments: [0, 1, -1, 9, 10, 99, 100, .max, .min] as [Int64])
    func numbers(number: Int64) {
        var writer = JSONWriter()
        writer.value(number)
        #expect(writer.text == String(number))
    }

    @Test("a value that was read is written as it was, but for white space")
    func tree() throws {
        let text = #"{"b":[1.50,-0,1e5,null,true,"\u000a"],"a":{"x":{}}}"#
        var writer = JSONWriter()
        writer.value(try parse(text).get())
        #expect(writer.text == text)
    }
}
