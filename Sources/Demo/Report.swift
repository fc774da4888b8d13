// The table at the end.

/// What is printed when a run is over, a pure function of what was recorded.
struct Report {
    let record: Record
    let seconds: Double
    let retries: Int
    let remarks: [String]

    var lines: [String] {
        var lines = outcomeLines
        if !record.refusals.isEmpty { lines += [""] + refusalLines }
        lines += [""]
        lines += remarks
        lines += [
            "\(record.submitted) commands submitted, \(record.decided) decided, in \(rounded(seconds)) s"
                + (retries > 0 ? "; \(retries) requests sent again after 503 or a broken connection" : ""),
            "\(record.daysPassed) days passed in the sandbox, so that withdrawals went out",
            "\(record.repeats) repeats of a request, \(record.repeatsWithSameAnswer) of them with the same answer",
            "\(record.walletsChecked) of \(record.wallets.count) wallets compared with the demo's own arithmetic",
        ]
        if record.isBrokenOff { lines.append("broken off: the API no longer answers") }
        if record.findingCount == 0 {
            lines.append("everything is as predicted")
        } else {
            lines.append("\(record.findingCount) findings:")
            lines += record.findings.map { finding in
                "  " + (finding.action.map { "action \($0): " } ?? "") + finding.text
            }
            if record.findingCount > record.findings.count { lines.append("  … and more") }
        }
        return lines
    }

    private var outcomeLines: [String] {
        table(
            [["command", "status", "code", "count"]]
                + record.outcomes.sorted { $0.key < $1.key }.map { outcome, count in
                    [outcome.command, outcome.status, outcome.code, "\(count)"]
                })
    }

    private var refusalLines: [String] {
        table(
            [["refused by HTTP", "code", "count"]]
                + record.refusals.sorted { $0.key < $1.key }.map { refusal, count in
                    ["\(refusal.status)", refusal.code, "\(count)"]
                })
    }

    /// Columns as wide as their widest cell, the last one flush right.
    private func table(_ rows: [[String]]) -> [String] {
        let widths = (0..<(rows.first?.count ?? 0)).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.indices.map { column in
                let padding = String(repeating: " ", count: widths[column] - row[column].count)
                return column == row.count - 1 ? padding + row[column] : row[column] + padding
            }.joined(separator: "  ")
        }
    }

    private func rounded(_ seconds: Double) -> String {
        let tenths = Int((seconds * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
