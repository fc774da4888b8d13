// The codes of the ingress, and the one form that every error has.

import Domain
import HTTPTypes
import Testing
import Wire

@testable import Ingress

@Suite("The error table")
struct ErrorTableTests {
    @Test("every code of the ingress has one line with an error's status and a sentence")
    func everyCodeHasALine() {
        #expect(IngressCode.table.map(\.code) == IngressCode.allCases)
        for rule in IngressCode.table {
            #expect(400..<600 ~= rule.status)
            #expect(rule.meaning.hasSuffix(".") && !rule.meaning.contains("\n"))
        }
    }

    @Test("no code stands in both tables")
    func noCodeTwice() {
        let lane = Set(OutcomeCode.table.map(\.name))
        #expect(IngressCode.allCases.allSatisfy { !lane.contains($0.rawValue) })
    }

    @Test("an outcome's code keeps its name and gets its status from the lane's table")
    func outcomeCodes() {
        #expect(ErrorCode.outcome(.keyReused).name == "KEY_REUSED")
        #expect(ErrorCode.outcome(.keyReused).status.code == 409)
        #expect(ErrorCode.outcome(.notPermitted).status.code == 403)
        #expect(ErrorCode.ingress(.unknownOutcome).status.code == 503)
    }

    @Test("a field that cannot be named is null, not left out")
    func unnamedField() {
        #expect(APIError(.outcome(.keyReused), field: nil).details == [.init("field", .null)])
        #expect(APIError(.outcome(.malformed), field: "to").details == [.init("field", .string("to"))])
    }

    @Test("a path that exists with another method is told from a path that does not")
    func methodsOfAPath() {
        var routes = RouteTable()
        routes.prefix = "/api/v1"
        routes.get("/wallets/{id}") { _, _ in .success { _ in } }
        routes.post("/wallets") { _, _ in .success { _ in } }
        #expect(routes.methods(of: "/api/v1/wallets/x") == [.get])
        #expect(routes.methods(of: "/api/v1/wallets") == [.post])
        #expect(routes.methods(of: "/api/v1/wallets/x/y").isEmpty)
        #expect(routes.methods(of: "/wallets").isEmpty)
    }
}
