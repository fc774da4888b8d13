// What a batch changed of owners, wallets, movements and the operator's accounts, as statements.

import Domain
import Postgres

extension BatchWrite {
    func enqueueState(_ writer: inout Writer) throws(PostgresError) {
        try enqueueOwners(state.newOwners, &writer)
        try enqueueChangedOwners(&writer)
        try enqueueNewWallets(state.newWallets, &writer)
        let changed = state.changedWallets
        if !changed.isEmpty {
            writer.parameters.appendUUIDArray(changed.map(\.id.uuid))
            writer.parameters.appendInt8Array(changed.map(\.available))
            writer.parameters.appendInt8Array(changed.map(\.pending))
            writer.parameters.appendInt8Array(changed.map(\.reserve))
            writer.parameters.appendInt8Array(changed.map(\.version))
            writer.append(positions: changed.map(\.last))
            try writer.enqueue(Statements.updateWallets, rows: changed.count)
        }
        try enqueueStandings(&writer)
        try enqueueBeneficiaries(&writer)
        try enqueueMovements(&writer)
        try enqueuePaidReferences(&writer)
        try enqueueTransferReferences(&writer)
        let changes = state.systemChanges.filter { $0.value != 0 }
        if !changes.isEmpty {
            writer.parameters.appendInt2Array(changes.map(\.key.account.rawValue))
            writer.parameters.appendInt2Array(changes.map(\.key.currency.rawValue))
            writer.parameters.appendInt8Array(changes.map(\.value))
            writer.parameters.append(int2: lane)
            try writer.enqueue(Statements.addToSystemAccounts, rows: changes.count)
        }
    }

    private func enqueueOwners(_ owners: [Owner], _ writer: inout Writer) throws(PostgresError) {
        if owners.isEmpty { return }
        writer.parameters.appendUUIDArray(owners.map(\.id.uuid))
        writer.parameters.appendUUIDArray(owners.map(\.controller.uuid))
        writer.parameters.appendInt2Array(owners.map(\.verification.level))
        writer.parameters.appendTimestampArray(owners.map(\.verification.expiresAt.microseconds))
        writer.parameters.appendTimestampArray(owners.map(\.verification.levelOneExpiresAt.microseconds))
        try writer.enqueue(Statements.insertOwners, rows: owners.count)
    }

    private func enqueueChangedOwners(_ writer: inout Writer) throws(PostgresError) {
        let owners = state.changedOwners
        if owners.isEmpty { return }
        writer.parameters.appendUUIDArray(owners.map(\.id.uuid))
        writer.parameters.appendInt4Array(owners.map(\.freeTransfers.month))
        writer.parameters.appendInt4Array(owners.map(\.freeTransfers.count))
        writer.parameters.appendInt4Array(owners.map(\.subWallets))
        writer.parameters.appendInt4Array(owners.map(\.spending.day))
        writer.parameters.appendInt8Array(owners.map(\.spending.inDay))
        writer.parameters.appendInt8Array(owners.map(\.spending.inMonth))
        try writer.enqueue(Statements.updateOwners, rows: owners.count)
        let teams = state.ownersOfChangedTeams
        if teams.isEmpty { return }
        var members: [(owner: OwnerID, user: OwnerID?, role: TeamRole?)] = []
        for owner in teams {
            if owner.team.isEmpty { members.append((owner.id, nil, nil)) }
            for (user, role) in owner.team { members.append((owner.id, user, role)) }
        }
        writer.parameters.appendUUIDArray(members.map(\.owner.uuid))
        writer.parameters.appendUUIDArray(members.map { $0.user?.uuid })
        writer.parameters.appendInt2Array(members.map { $0.role?.rawValue })
        try writer.enqueue(Statements.updateTeams, rows: teams.count)
    }

    private func enqueueStandings(_ writer: inout Writer) throws(PostgresError) {
        let wallets = state.walletsOfChangedStanding
        if wallets.isEmpty { return }
        writer.parameters.appendUUIDArray(wallets.map(\.id.uuid))
        writer.parameters.appendInt2Array(wallets.map(\.status.rawValue))
        writer.parameters.appendInt2Array(wallets.map { $0.standing.frozenBy?.rawValue })
        writer.parameters.appendInt4Array(wallets.map(\.standing.underWay))
        writer.parameters.appendInt8Array(wallets.map(\.standing.version))
        writer.parameters.appendInt8Array(wallets.map(\.standing.claim))
        try writer.enqueue(Statements.updateStandings, rows: wallets.count)
    }

    private func enqueuePaidReferences(_ writer: inout Writer) throws(PostgresError) {
        let paid = state.newPaidReferences
        if paid.isEmpty { return }
        writer.parameters.appendUUIDArray(paid.map(\.key.merchant.uuid))
        writer.parameters.appendTextArray(paid.map(\.key.reference))
        writer.parameters.appendUUIDArray(paid.map(\.value.uuid))
        try writer.enqueue(Statements.insertPaidReferences, rows: paid.count)
    }

    private func enqueueTransferReferences(_ writer: inout Writer) throws(PostgresError) {
        let given = state.newReferences
        if given.isEmpty { return }
        writer.parameters.appendInt8Array(given.map(\.value.number))
        writer.parameters.appendUUIDArray(given.map(\.key.uuid))
        try writer.enqueue(Statements.insertTransferReferences, rows: given.count)
    }

    private func enqueueNewWallets(_ wallets: [Wallet], _ writer: inout Writer) throws(PostgresError) {
        if wallets.isEmpty { return }
        writer.parameters.appendUUIDArray(wallets.map(\.id.uuid))
        writer.parameters.appendUUIDArray(wallets.map(\.owner.uuid))
        writer.parameters.appendInt2Array(wallets.map(\.type.rawValue))
        writer.parameters.appendInt2Array(wallets.map(\.currency.rawValue))
        // What changed of their standing since they were opened follows in a statement of its own.
        writer.parameters.appendInt2Array(wallets.map { _ in WalletStatus.active.rawValue })
        writer.parameters.appendTextArray(wallets.map(\.name))
        writer.parameters.appendInt8Array(wallets.map(\.available))
        writer.parameters.appendInt8Array(wallets.map(\.pending))
        writer.parameters.appendInt8Array(wallets.map(\.reserve))
        writer.parameters.appendInt8Array(wallets.map(\.version))
        writer.append(positions: wallets.map(\.last))
        writer.parameters.appendUUIDArray(wallets.map { $0.parent?.uuid })
        writer.parameters.append(timestamptz: head.time.microseconds)
        try writer.enqueue(Statements.insertWallets, rows: wallets.count)
    }

    private func enqueueBeneficiaries(_ writer: inout Writer) throws(PostgresError) {
        let added = state.newBeneficiaries.compactMap { state.beneficiaries[$0] }
        if !added.isEmpty {
            writer.parameters.appendUUIDArray(added.map(\.id.uuid))
            writer.parameters.appendUUIDArray(added.map(\.wallet.uuid))
            writer.parameters.appendTextArray(added.map(\.rib.digits))
            writer.parameters.appendTextArray(added.map(\.holderName))
            writer.parameters.appendTimestampArray(added.map { $0.verifiedAt?.microseconds })
            writer.parameters.append(timestamptz: head.time.microseconds)
            try writer.enqueue(Statements.insertBeneficiaries, rows: added.count)
        }
        let verified = state.verifiedBeneficiaries.subtracting(state.newBeneficiaries)
        if !verified.isEmpty {
            writer.parameters.appendUUIDArray(verified.map(\.uuid))
            writer.parameters.append(timestamptz: head.time.microseconds)
            try writer.enqueue(Statements.verifyBeneficiaries, rows: verified.count)
        }
        // New ones too: what happened to them since they were added follows in a statement of its own.
        let removed = state.removedBeneficiaries
        if !removed.isEmpty {
            writer.parameters.appendUUIDArray(removed.map(\.uuid))
            writer.parameters.append(timestamptz: head.time.microseconds)
            try writer.enqueue(Statements.removeBeneficiaries, rows: removed.count)
        }
    }

    private func enqueueMovements(_ writer: inout Writer) throws(PostgresError) {
        let begun = state.newMovements.compactMap { state.movements[$0] }
        if !begun.isEmpty {
            writer.parameters.appendUUIDArray(begun.map(\.id.uuid))
            writer.parameters.appendUUIDArray(begun.map(\.wallet.uuid))
            writer.parameters.appendUUIDArray(begun.map { $0.kind.beneficiary?.uuid })
            writer.parameters.appendInt8Array(begun.map(\.amount.minorUnits))
            writer.parameters.appendInt8Array(begun.map(\.fee.minorUnits))
            writer.append(positions: begun.map(\.last))
            writer.parameters.appendInt2Array(begun.map(\.kind.number))
            writer.parameters.appendInt2Array(begun.map(\.kind.method))
            writer.parameters.appendInt2Array(begun.map(\.amount.currency.rawValue))
            writer.parameters.appendInt2Array(begun.map(\.feeVersion))
            writer.parameters.appendInt2Array(begun.map(\.status.rawValue))
            writer.parameters.appendInt2Array(begun.map(\.code.rawValue))
            writer.parameters.appendUUIDArray(begun.map { $0.merchant?.uuid })
            writer.parameters.appendUUIDArray(begun.map { $0.kind.payment?.uuid })
            writer.parameters.appendUUIDArray(begun.map { $0.kind.proposer?.uuid })
            writer.parameters.appendTimestampArray(begun.map { $0.release?.at.microseconds })
            writer.parameters.appendTimestampArray(begun.map { $0.release?.expectedBy.microseconds })
            writer.parameters.appendInt2Array(begun.map { $0.limit?.version })
            writer.parameters.appendInt4Array(begun.map { $0.limit?.day })
            try writer.enqueue(Statements.insertMovements, rows: begun.count)
        }
        let advanced = state.changedMovements.subtracting(state.newMovements).compactMap { state.movements[$0] }
        if !advanced.isEmpty {
            writer.parameters.appendUUIDArray(advanced.map(\.id.uuid))
            writer.parameters.appendInt2Array(advanced.map(\.status.rawValue))
            writer.parameters.appendInt2Array(advanced.map(\.code.rawValue))
            writer.append(positions: advanced.map(\.last))
            writer.parameters.appendInt8Array(advanced.map(\.refunded))
            writer.parameters.appendInt8Array(advanced.map(\.feeRefunded))
            writer.parameters.appendBoolArray(advanced.map(\.isDisputed))
            try writer.enqueue(Statements.updateMovements, rows: advanced.count)
        }
    }
}
