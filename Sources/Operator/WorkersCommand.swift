// walletctl workers: the worker processes, and what an operator wants of them.

import ArgumentParser
import Foundation
import Wire

struct WorkersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workers", abstract: "The worker processes and their lanes.",
        discussion: """
            Through the admin API that WALLET_ADMIN_API names, with an operator's token. A worker is named by its id or \
            by how the id begins.
            """,
        subcommands: [List.self, Pause.self, Resume.self, Drain.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Shows the workers, their lanes and how they are.",
            discussion: """
                A worker that died is shown for ten minutes. LAG counts the outcomes that its lanes have decided and \
                are not yet known to have announced.
                """)

        @OptionGroup var `operator`: OperatorOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let api = try AdminAPI(bearer: try await `operator`.bearer(role: "reader"))
            let answer = try await api.get("/workers?limit=100")
            if output.isJSON {
                var json = JSONWriter()
                json.beginObject()
                for (key, name) in [("workers" as StaticString, "data"), ("fleet", "fleet")] {
                    var value = JSONWriter()
                    value.value(answer[name] ?? .null)
                    json.member(key, json: value.bytes)
                }
                json.endObject()
                return print(json.text)
            }
            print(Fleet(answer).text)
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pause", abstract: "Takes nothing from the lanes of a worker, or of all.",
            discussion: """
                What is under way is finished. A paused worker keeps its lanes, so their commands wait; accepting goes \
                on. A pause of all is for workers too that start later, until all are resumed.
                """)

        @Argument(help: "A worker, or all.")
        var worker: String
        @OptionGroup var confirmation: ConfirmationOptions
        @OptionGroup var act: ActOptions

        func run() async throws {
            try confirmation.confirm("The commands of these lanes will wait. Pause \(worker)?")
            try await act.carryOut("pause", on: worker) { $0.allSatisfy { $0.state == "paused" } }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "resume", abstract: "Lets a worker, or all, go on after a pause or a drain.",
            discussion: "Resuming all ends every single pause too; a drained worker is resumed by its id.")

        @Argument(help: "A worker, or all.")
        var worker: String
        @OptionGroup var act: ActOptions

        func run() async throws {
            try await act.carryOut("resume", on: worker) {
                $0.allSatisfy { $0.wanted != "running" || $0.state == "running" }
            }
        }
    }

    struct Drain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "drain", abstract: "Has a worker give all its lanes away and take none.",
            discussion: """
                The others take its lanes over. With --exit the process then ends with 0; whether it is started again \
                is for what supervises it.
                """)

        @Argument(help: "A worker.")
        var worker: String
        @Flag(help: "End the process once it has no lanes.")
        var exit = false
        @OptionGroup var confirmation: ConfirmationOptions
        @OptionGroup var act: ActOptions

        func run() async throws {
            try confirmation.confirm("Drain \(worker)?")
            try await act.carryOut("drain", on: worker, body: exit ? #"{"exit":true}"# : "{}") { workers in
                workers.allSatisfy { $0.state == "drained" && !exit }
            }
        }
    }
}

/// What the verbs that change something have in common.
struct ActOptions: ParsableArguments {
    @Option(name: .customLong("key"), help: "The idempotency key; a new one without it.")
    var key: String?

    @Option(name: .customLong("wait"), help: "Seconds to wait until it is so, 0 for not at all.")
    var waitSeconds = 20

    @OptionGroup var `operator`: OperatorOptions
    @OptionGroup var output: OutputOptions

    private static let lookPauseMilliseconds = 200

    func validate() throws {
        if !(0...600).contains(waitSeconds) { throw ValidationError("--wait is 0 to 600 seconds") }
    }

    /// Does an act and waits until the workers it is about say so.
    ///
    /// - Parameter isSo: whether those of them that are alive are as they should be; none are left is always enough.
    func carryOut(_ verb: String, on worker: String, body: String = "{}", isSo: ([Worker]) -> Bool) async throws {
        let api = try AdminAPI(bearer: try await `operator`.bearer(role: "operator"))
        let fleet = Fleet(try await api.get("/workers?limit=100"))
        let id = try worker == "all" ? worker : fleet.id(from: worker)
        _ = try await api.post("/workers/\(id)/\(verb)", body, key: key ?? UUID().uuidString.lowercased())
        let deadline = Date(timeIntervalSinceNow: TimeInterval(waitSeconds))
        var isDone = false
        while !isDone, Date() < deadline {
            let fleet = Fleet(try await api.get("/workers?limit=100"))
            isDone = isSo(fleet.workers.filter { $0.state != "dead" && (id == "all" || $0.id == id) })
            if !isDone { try await Task.sleep(for: .milliseconds(Self.lookPauseMilliseconds)) }
        }
        if output.isJSON {
            output.print { json in
                json.member("act", verb)
                json.member("worker", id)
                json.member("in_effect", isDone)
            }
        } else {
            print(isDone ? "\(verb): in effect" : "\(verb): asked for")
        }
        if !isDone, waitSeconds > 0 { throw Exit.found }
    }
}

/// A worker as the API tells of it.
struct Worker {
    let id: String
    let state: String
    let wanted: String
    fileprivate let cells: [String]

    fileprivate init(_ json: JSON) {
        func text(_ name: String) -> String { json[name]?.text ?? "" }
        func number(_ name: String) -> String { json[name]?.integer.map(String.init) ?? "" }
        id = text("id")
        state = text("state")
        wanted = text("wanted")
        let lanes = json["lanes"]?.elements?.compactMap { $0.integer.map(String.init) } ?? []
        let age = json["heartbeat_age_ms"]?.integer.map { "\($0 / 1000).\($0 % 1000 / 100) s" } ?? ""
        cells = [
            id, text("host"), number("pid"), state, wanted, lanes.joined(separator: " "), age, number("lag"),
            text("version"),
        ]
    }
}

private struct Fleet {
    let isPaused: Bool
    let workers: [Worker]

    init(_ answer: JSON) {
        isPaused = answer["fleet"]?["paused"] == .bool(true)
        workers = answer["data"]?.elements?.map(Worker.init) ?? []
    }

    /// The one worker whose id begins like this.
    func id(from beginning: String) throws -> String {
        let found = workers.filter { $0.id.hasPrefix(beginning) && !beginning.isEmpty }
        guard found.count == 1 else {
            throw OperatorError(found.isEmpty ? "there is no such worker" : "several workers' ids begin like this")
        }
        return found[0].id
    }

    var text: String {
        var table = Table([
            ("worker", .left), ("host", .left), ("pid", .right), ("state", .left), ("wanted", .left), ("lanes", .left),
            ("heartbeat", .right), ("lag", .right), ("version", .left),
        ])
        for worker in workers { table.add(worker.cells) }
        return (isPaused ? "All workers are paused.\n\n" : "") + table.text
    }
}
