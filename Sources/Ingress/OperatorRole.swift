// What operators may do, by the roles in their token.

import Domain
import Hummingbird
import Wire

/// A word of the claim `roles` (spec/interfaces.md §2).
enum OperatorRole: String, Sendable, CaseIterable {
    case reader, `operator`, approver, compliance, auditor

    /// What commands of such a person are judged by; empty for roles that only read.
    var permission: Permissions {
        switch self {
        case .operator: .operatorRole
        case .approver: .approverRole
        case .compliance: .complianceRole
        case .reader, .auditor: []
        }
    }
}

extension IngressContext {
    /// Who asks, if the token has one of the roles.
    func identity(in roles: Set<OperatorRole>) throws(APIError) -> Identity {
        guard let identity else { throw APIError(.unauthenticated) }
        guard !identity.roles.isDisjoint(with: roles) else {
            let names = roles.map(\.rawValue).sorted().joined(separator: " ")
            throw APIError(.outcome(.notPermitted), details: [.init("role", .string(names))])
        }
        return identity
    }
}
