// What the tool prints: tables for people, one JSON document for programs.

import ArgumentParser
import Wire

/// The option that every verb has.
struct OutputOptions: ParsableArguments {
    @Flag(name: .customLong("json"), help: "Print JSON instead of text.")
    var isJSON = false

    /// Prints an object of these members.
    func print(json members: (inout JSONWriter) -> Void) {
        var json = JSONWriter()
        json.beginObject()
        members(&json)
        json.endObject()
        Swift.print(json.text)
    }
}

/// Columns as wide as they need to be.
struct Table {
    enum Alignment { case left, right }

    private let columns: [(title: String, alignment: Alignment)]
    private var rows: [[String]] = []

    init(_ columns: [(title: String, alignment: Alignment)]) { self.columns = columns }

    mutating func add(_ cells: String...) { rows.append(cells) }
    mutating func add(_ cells: [String]) { rows.append(cells) }

    var text: String {
        let titles = columns.map(\.title)
        let widths = titles.indices.map { column in
            ([titles] + rows).map { $0[column].count }.max() ?? 0
        }
        let lines = ([titles] + rows).map { cells in
            let padded = zip(cells, zip(columns, widths)).map { cell, column in
                let padding = String(repeating: " ", count: column.1 - cell.count)
                return column.0.alignment == .left ? cell + padding : padding + cell
            }
            return String(padded.joined(separator: "  ").trimmingSuffix { $0 == " " })
        }
        return lines.joined(separator: "\n")
    }
}

extension String {
    fileprivate func trimmingSuffix(while isTrimmed: (Character) -> Bool) -> Substring {
        self[..<(lastIndex { !isTrimmed($0) }.map(index(after:)) ?? startIndex)]
    }
}

/// An amount of minor units with two decimals and thousands apart: `1,500.00`.
func decimal(_ minorUnits: String) -> String {
    let isNegative = minorUnits.hasPrefix("-")
    let digits = isNegative ? minorUnits.dropFirst() : minorUnits[...]
    let padded = String(repeating: "0", count: max(0, 3 - digits.count)) + digits
    var whole = ""
    for (index, digit) in padded.dropLast(2).enumerated() {
        if index > 0, (padded.count - 2 - index) % 3 == 0 { whole.append(",") }
        whole.append(digit)
    }
    return (isNegative ? "-" : "") + whole + "." + padded.suffix(2)
}
