// The two ways a log entry is written down.

import Logging

/// One JSON object a line: `time`, `level`, `service`, `label`, `message`, then the metadata, all values strings.
public enum JSONLines: LogLineFormat {
    /// Names the line has of its own; metadata under one of them is written as `metadata.<name>`.
    static let ownNames: Set<String> = ["time", "level", "service", "label", "message", "lost_lines"]

    public static func render(_ entry: LogEntry) -> [UInt8] {
        var line = Array("{\"time\":".utf8)
        appendString(entry.time.rfc3339, to: &line)
        appendMember("level", entry.level.rawValue, to: &line)
        appendMember("service", entry.service, to: &line)
        appendMember("label", entry.label, to: &line)
        appendMember("message", entry.message, to: &line)
        let taken = Set(entry.fields.map(\.name))
        for field in entry.fields {
            guard ownNames.contains(field.name) else {
                appendMember(field.name, field.value, to: &line)
                continue
            }
            // Twice the same name in an object means something else to each reader.
            let renamed = "metadata." + field.name
            if !taken.contains(renamed) { appendMember(renamed, field.value, to: &line) }
        }
        if entry.lostLines > 0 { appendMember("lost_lines", String(entry.lostLines), to: &line) }
        line += "}\n".utf8
        return line
    }

    private static func appendMember(_ name: String, _ value: String, to line: inout [UInt8]) {
        line.append(UInt8(ascii: ","))
        appendString(name, to: &line)
        line.append(UInt8(ascii: ":"))
        appendString(value, to: &line)
    }
}

/// `2026-03-01T08:05:09.007Z warning  lane.3: message name=value other="with spaces"`, for people.
public enum TextLines: LogLineFormat {
    public static func render(_ entry: LogEntry) -> [UInt8] {
        let level = entry.level.rawValue
        let padding = String(repeating: " ", count: max(0, "critical".count - level.count))
        var line = Array("\(entry.time.rfc3339) \(level)\(padding) \(entry.label): ".utf8)
        appendEscaped(entry.message, escapesQuotes: false, to: &line)
        for field in entry.fields { append(field.name, field.value, to: &line) }
        if entry.lostLines > 0 { append("lost_lines", String(entry.lostLines), to: &line) }
        line.append(UInt8(ascii: "\n"))
        return line
    }

    private static func append(_ name: String, _ value: String, to line: inout [UInt8]) {
        line.append(UInt8(ascii: " "))
        appendEscaped(name, escapesQuotes: false, to: &line)
        line.append(UInt8(ascii: "="))
        let isPlain =
            !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=") }
        if isPlain { appendEscaped(value, escapesQuotes: false, to: &line) } else { appendString(value, to: &line) }
    }
}

/// A JSON string (RFC 8259, section 7).
private func appendString(_ text: String, to line: inout [UInt8]) {
    line.append(UInt8(ascii: "\""))
    appendEscaped(text, escapesQuotes: true, to: &line)
    line.append(UInt8(ascii: "\""))
}

/// Control characters are escaped, those from U+007F to U+009F too: a terminal must not obey what was logged.
private func appendEscaped(_ text: String, escapesQuotes: Bool, to line: inout [UInt8]) {
    for scalar in text.unicodeScalars {
        switch scalar.value {
        case 0x22 where escapesQuotes: line += "\\\"".utf8
        case 0x5c where escapesQuotes: line += "\\\\".utf8
        case 0x0a: line += "\\n".utf8
        case 0x0d: line += "\\r".utf8
        case 0x09: line += "\\t".utf8
        case 0x00..<0x20, 0x7f...0x9f:
            let digits = String(scalar.value, radix: 16)
            line += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
        case 0x20..<0x7f: line.append(UInt8(truncatingIfNeeded: scalar.value))
        default: line += Character(scalar).utf8
        }
    }
}
