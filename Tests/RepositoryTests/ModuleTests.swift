// Which way modules depend on each other, where C is imported, and that every SQL file is used.

import Ledger
import Testing

@Suite("Modules")
struct ModuleTests {
    static let cModules = ["CLibPQ", "CHiredis", "CRabbitMQ", "CPolling"]

    @Test("a C module is imported in exactly one file", arguments: cModules)
    func oneHandle(module: String) {
        let importing = Repository.swift.filter { Repository.imports(of: $0).contains(module) }
        #expect(importing.count == 1)
        #expect(importing.allSatisfy { $0.path.hasPrefix("Sources/Shared/") })
    }

    @Test("the rules import nothing, not even Foundation")
    func pureRules() {
        let rules = Repository.files(in: "Sources/Shared/Domain").filter { $0.fileExtension == "swift" }
        #expect(!rules.isEmpty && rules.allSatisfy { Repository.imports(of: $0).isEmpty })
    }

    /// What of our own each shared module may import.
    private static let mayImport: [(module: String, others: Set<String>)] = [
        ("Polling", ["CPolling"]), ("Postgres", ["CLibPQ", "Polling"]), ("AMQP", ["CRabbitMQ", "Polling"]),
        ("Redis", ["CHiredis", "Polling"]), ("Wire", ["Domain"]), ("Topology", ["AMQP", "Domain", "Wire"]),
        ("Ledger", ["Domain", "Postgres", "Wire"]), ("Settings", ["Domain"]), ("Telemetry", []),
        ("BrokerAdmin", ["AMQP", "Polling", "Settings", "Topology", "Wire"]),
    ]

    private static let own: Set<String> = Set(mayImport.map(\.module)).union(cModules).union([
        "Domain", "Lane", "Outside", "TopUps", "Payouts", "Fleet", "Ingress", "Operator", "Sandbox", "Demo", "Bench",
    ])

    @Test(
        "a shared module imports only what stands below it; client libraries know nothing of wallets",
        arguments: mayImport.indices)
    func directions(index: Int) {
        let (module, others) = Self.mayImport[index]
        let files = Repository.swift.filter { $0.path.hasPrefix("Sources/Shared/\(module)/") }
        let imported = Set(files.flatMap { Repository.imports(of: $0) })
        #expect(!files.isEmpty)
        #expect(imported.intersection(Self.own).subtracting(others) == [])
    }

    @Test("no worker, program or test imports what only programs hold, but its own tests")
    func programs() {
        let programs: Set<String> = ["Fleet", "Ingress", "Operator", "Sandbox", "Demo", "Bench"]
        for file in Repository.swift where file.path.hasPrefix("Sources/") {
            #expect(programs.isDisjoint(with: Repository.imports(of: file)), "\(file)")
        }
    }

    @Test("the migrations in the folder are those in the list, in order, with their text")
    func migrations() {
        let files = Repository.files(in: "Sources/Shared/Ledger/Migrations")
        #expect(Migration.all.map { "\($0.name).sql" } == files.map(\.name))
        #expect(Migration.all.map(\.sql) == files.map(\.text))
        #expect(Migration.all.map(\.number) == (1...Int64(files.count)).map { $0 })
        #expect(Migration.all.allSatisfy { Int64($0.name.prefix(4)) == $0.number })
    }

    @Test("every SQL file of the ledger is used", arguments: ["Statements", "Queries", "Checks"])
    func statements(folder: String) {
        let files = Repository.files(in: "Sources/Shared/Ledger/\(folder)")
        let code = Repository.files(in: "Sources/Shared/Ledger").map(\.text).joined()
        let unused = files.filter { file in
            !code.contains("PackageResources.\(file.name.dropLast(4))_sql")
        }
        #expect(!files.isEmpty && unused.isEmpty)
    }
}
