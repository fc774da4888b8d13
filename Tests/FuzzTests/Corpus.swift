// Inputs that are looked at in every run: what fuzzing has found, and what it takes long to come upon.

import Testing

enum Corpus {
    struct Text: Sendable, CustomTestStringConvertible {
        let why: String
        let bytes: [UInt8]
        let isJSON: Bool

        var testDescription: String { why }

        init(_ why: String, _ text: String, isJSON: Bool) {
            self.init(why, bytes: Array(text.utf8), isJSON: isJSON)
        }

        init(_ why: String, bytes: [UInt8], isJSON: Bool) {
            self.why = why
            self.bytes = bytes
            self.isJSON = isJSON
        }
    }

    static let json: [Text] = [
        Text("a byte order mark", bytes: [0xef, 0xbb, 0xbf, 0x30], isJSON: false),
        Text("UTF-16", bytes: [0xff, 0xfe, 0x30, 0x00], isJSON: false),
        Text("overlong quote", bytes: [0x22, 0xc0, 0xa2, 0x22], isJSON: false),
        Text("a surrogate in UTF-8", bytes: [0x22, 0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80, 0x22], isJSON: false),
        Text("bad UTF-8 behind an escape", bytes: [0x22, 0x5c, 0x6e, 0xe2, 0x82, 0x22], isJSON: false),
        Text("half a pair, then an escape", #""\ud83d\n""#, isJSON: false),
        Text("a pair the wrong way round", #""\ude00\ud83d""#, isJSON: false),
        Text("a pair, half of it a character", "\"\\ud83d\u{de}\"", isJSON: false),
        Text("the first pair", #""\ud800\udc00""#, isJSON: true),
        Text("the last pair", #""\udbff\udfff""#, isJSON: true),
        Text("a combining mark behind a quote", "\"\u{301}\"", isJSON: true),
        Text("a combining mark behind a brace", "{\u{301}}", isJSON: false),
        Text("a joiner behind a digit", "1\u{200d}", isJSON: false),
        Text("a carriage return and a line feed, which Swift takes for one character", "[1,\r\n2]", isJSON: true),
        Text("digits of another script", "١", isJSON: false),
        Text("a key twice, once escaped", #"{"é":1,"\u00e9":2}"#, isJSON: false),
        // RFC 8259 §8.3 would let two notations of a character be two keys; a reader of money takes no such chance.
        Text("a key twice, once decomposed", "{\"\u{e9}\":1,\"e\u{301}\":2}", isJSON: false),
        Text("a key twice, once with the Kelvin sign", "{\"K\":1,\"\u{212a}\":2}", isJSON: false),
        Text(
            "the seventeenth key again", "{" + (0..<17).map { "\"k\($0)\":0," }.joined() + "\"k16\":1}", isJSON: false),
        Text("as deep as may be", String(repeating: "[", count: 16) + String(repeating: "]", count: 16), isJSON: true),
        Text("one deeper", String(repeating: "[", count: 17) + String(repeating: "]", count: 17), isJSON: false),
        Text("a sign alone", "[-]", isJSON: false),
        Text("an exponent alone", "[1e+]", isJSON: false),
        Text("a zero in front", "[-01]", isJSON: false),
        Text("nothing", "", isJSON: false),
        Text("a NUL behind the value", "0\u{0}", isJSON: false),
    ]
}

extension Corpus {
    /// Tables without the length in front.
    static let tables: [[UInt8]] = [
        [],
        // A length that reaches past the end, past 2³¹, and one that ends in the middle of a value.
        [1, 0x6b, 0x53, 0, 0, 0, 9, 0x61], [1, 0x6b, 0x53, 0xff, 0xff, 0xff, 0xff],
        [1, 0x6b, 0x46, 0, 0, 0, 2, 1, 0x6b],
        // A kind that nobody knows, alone and within a table that goes on.
        [1, 0x6b, 0x3f], [1, 0x6b, 0x46, 0, 0, 0, 4, 1, 0x6b, 0x3f, 0x00, 1, 0x6c, 0x56],
        // Text that is not UTF-8, as a value and as a key.
        [1, 0x6b, 0x53, 0, 0, 0, 2, 0xc3, 0x28], [2, 0xc3, 0x28, 0x56],
        // Not a number, and minus zero.
        [1, 0x6b, 0x64, 0x7f, 0xf8, 0, 0, 0, 0, 0, 1], [1, 0x6b, 0x64, 0x80, 0, 0, 0, 0, 0, 0, 0],
        // An array of nothing but nulls.
        [1, 0x6b, 0x41, 0, 0, 0, 3, 0x56, 0x56, 0x56],
    ]
}
