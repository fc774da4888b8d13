// What the programs show of themselves: their metrics, and whether a fleet process says that it is ready.

/// An exposition read back: no label's value of ours holds a comma, a quotation mark or an escape.
public struct Figures: Sendable {
    public struct Sample: Sendable {
        public let name: String
        public let labels: [String: String]
        public let value: Double
    }

    /// By the metric's name.
    public private(set) var types: [String: String] = [:]
    public private(set) var samples: [Sample] = []

    init(_ text: String) {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if line.hasPrefix("# TYPE "), words.count == 4 { types[String(words[2])] = String(words[3]) }
            if line.hasPrefix("#") { continue }
            guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
                continue
            }
            let series = line[..<space]
            let pairs = series.drop { $0 != "{" }.dropFirst().dropLast().split(separator: ",").map { pair in
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return (String(parts[0]), String(parts[1].dropFirst().dropLast()))
            }
            samples.append(
                Sample(
                    name: String(series.prefix { $0 != "{" }), labels: Dictionary(pairs) { $1 }, value: value))
        }
    }

    /// The sum of a name's samples that have these labels.
    public func sum(_ name: String, _ labels: [String: String] = [:]) -> Double {
        samples.filter { sample in
            sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
        }.reduce(0) { $0 + $1.value }
    }
}

extension StackOptions {
    /// Has the stack's one fleet process show its figures, on the port that is returned.
    public mutating func observeFleet() throws -> Int {
        let port = try FreePorts.take()
        extra["WALLET_METRICS_PORT"] = "\(port)"
        return port
    }
}

extension Stack {
    /// The metrics of the program on a port.
    public func figures(port: Int) async throws -> Figures {
        let reply = try await exchange("GET", "http://127.0.0.1:\(port)/metrics", headers: [], seconds: 5)
        guard reply.status == 200 else { throw Failure("no metrics: \(reply.status)") }
        return Figures(String(decoding: reply.body, as: UTF8.self))
    }

    public func ingressFigures() async throws -> Figures { try await figures(port: ports.ingress) }

    /// What a fleet process's `/readyz` answers.
    public func readiness(port: Int) async throws -> Reply {
        try await exchange("GET", "http://127.0.0.1:\(port)/readyz", headers: [], seconds: 5)
    }
}
