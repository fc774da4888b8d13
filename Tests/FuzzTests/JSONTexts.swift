// Texts that are JSON, made from its grammar, and pieces that make them something else.

/// Makes JSON texts.
enum JSONTexts {
    static let numbers = [
        "0", "-0", "1", "-1", "150000", "10000000000000", "10000000000001", "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808", "-9223372036854775809", "1.0", "150000.00", "1e5", "1E+5", "1e-5", "1e999", "-1.5e-300",
        "0.1", "0e0", String(repeating: "9", count: 400), "0." + String(repeating: "0", count: 300) + "1",
    ]
    static let strings = [
        "", "a", "amount", "currency", "DZD", "é", "e\u{301}", "😀", "\u{0}", "\u{7f}", "\u{2028}", "\u{feff}", "\"",
        "\\",
        "/", "a\nb", "\u{212a}", "\u{10ffff}", "\u{fffd}", String(repeating: "k", count: 70), "ﷺ", "\u{1}\u{1f}",
    ]

    /// What does not belong: other notations, half characters, overlong and truncated UTF-8, a byte order mark.
    static let pieces: [[UInt8]] =
        [
            "NaN", "Infinity", "-Infinity", "undefined", "nil", "True", "+1", "01", "-", "1.", ".5", "1e", "0x10",
            "1_000",
            "١", "//", "/**/", "'", "\"", "\\", "\\u", "\\ud800", "\\udc00", "\\ud83d\\ude00", "\\ud800\\ud800",
            "\\x41",
            "\\u000", "\\U0041", "\\u00g0", "\u{feff}", "\u{a0}", "\u{2028}", ",", ":", "{", "}", "[", "]", ",,", "{}",
            "[]",
            "null", "nul", "true", "0", "\u{0}", "\u{b}", "\n", "\t", " ", "\"a\":1,", "\"a\":1", "\"\\u0061\":2,",
            "e5",
            ".0", String(repeating: "[", count: 17), String(repeating: "{\"a\":", count: 17),
            String(repeating: "9", count: 5000),
        ].map { Array($0.utf8) } + [
            [0xff], [0xfe, 0xff], [0xc0, 0xaf], [0xc0, 0x80], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80],
            [0xed, 0xb0, 0x80],
            [0xf0, 0x80, 0x80, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0x80], [0xc3],
            [0xe2, 0x82],
        ]

    static func text(_ random: inout Seeded) -> String {
        space(&random) + value(depth: 0, &random) + space(&random)
    }

    static func value(depth: Int, _ random: inout Seeded) -> String {
        switch random.below(depth > 5 ? 5 : 9) {
        case 0: return random.one(of: ["true", "false", "null"])
        case 1, 2: return number(&random)
        case 3, 4: return string(random.one(of: strings), &random)
        case 5, 6: return array(depth, &random)
        default: return object(depth, &random)
        }
    }

    private static func number(_ random: inout Seeded) -> String {
        random.chance(50)
            ? random.one(of: numbers) : "\(Int64(truncatingIfNeeded: random.next()) >> Int64(random.below(64)))"
    }

    private static func array(_ depth: Int, _ random: inout Seeded) -> String {
        // Now and then straight down, past what is allowed.
        if depth == 0, random.chance(2) {
            let depth = 14 + random.below(5)
            return String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        var text = "[" + space(&random)
        for index in 0..<random.below(5) {
            if index > 0 { text += "," }
            text += space(&random) + value(depth: depth + 1, &random) + space(&random)
        }
        return text + "]"
    }

    private static func object(_ depth: Int, _ random: inout Seeded) -> String {
        // Some have more keys than are compared one by one.
        let count = random.chance(5) ? 15 + random.below(6) : random.below(5)
        var text = "{" + space(&random)
        for index in 0..<count {
            if index > 0 { text += "," }
            let key = random.chance(70) ? "k\(index)" : random.one(of: strings)
            text += space(&random) + string(key, &random) + space(&random) + ":" + space(&random)
            text += value(depth: depth + 1, &random) + space(&random)
        }
        return text + "}"
    }

    /// A string in one of the ways in which it can be written.
    static func string(_ content: String, _ random: inout Seeded) -> String {
        var text = "\""
        for scalar in content.unicodeScalars {
            let mustEscape = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
            if !mustEscape, !random.chance(15) {
                text.unicodeScalars.append(scalar)
                continue
            }
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16, uppercase: random.chance(50))
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return text + "\""
    }

    private static func space(_ random: inout Seeded) -> String {
        random.chance(80) ? "" : random.one(of: [" ", "\n", "\t", "\r\n", "  "])
    }
}
