// Freezing, closing and teams: what changes who may move money, or whether it may move, while commands are on their way.

import Domain
import Testing

@Suite("Freezing")
struct FreezingTests {
    private static let (amina, bachir) = (Story.app(Story.amina), Story.app(Story.bachir))

    @Test("a frozen wallet pays nothing and takes what comes, and pays again when it is released")
    func noDebits() {
        var story = Story()
        let frozen = story.change(.freezeWallet, Story.hers, by: Self.amina)
        #expect(frozen.transition == .walletFrozen && frozen.status == .completed && frozen.entries.isEmpty)
        #expect(story.transfer(Story.hers, Story.his, by: Story.amina, 1).code == .walletFrozen)
        #expect(story.pay(Story.hers, Story.shop, by: Story.amina, 1).code == .walletFrozen)
        #expect(story.withdraw(Story.hers, by: Story.amina, 1).code == .walletFrozen)
        #expect(story.bulk(Story.hers, by: Story.amina, isAllOrNothing: false, [(Story.his, 1)]).code == .walletFrozen)
        #expect(story.transfer(Story.his, Story.hers, by: Story.bachir, 1_00).code == .ok)
        story.fund(Story.hers, by: Story.amina, 1_00)
        let unfrozen = story.change(.unfreezeWallet, Story.hers, by: Self.amina)
        #expect(unfrozen.transition == .walletUnfrozen && unfrozen.status == .completed)
        #expect(story.transfer(Story.hers, Story.his, by: Story.amina, 1).code == .ok)
        #expect(story.wallet(Story.hers)?.standing.version == 2)
    }

    @Test("a withdrawal that is held when its wallet is frozen is not sent; its owner can still take it back")
    func heldIsCancelled() {
        var story = Story()
        let held = story.withdraw(Story.hers, by: Story.amina, 1_000_00)
        story.change(.freezeWallet, Story.hers, by: Story.compliance)
        let refused = story.settle(held.command, of: Story.hers, .sent)
        #expect(refused.code == .walletFrozen && refused.transition == .withdrawalSettlementRejected)
        #expect(story.books.movements[held.command]?.status == .held)
        let cancelled = story.cancel(held.command, of: Story.hers, by: Story.amina)
        #expect(cancelled.transition == .withdrawalCancelled && cancelled.lines == held.lines.mapValues { -$0 })
        #expect(story.wallet(Story.hers)?.status == .frozen && story.wallet(Story.hers)?.available == 100_000_00)
    }

    @Test("a withdrawal that was not sent for a freeze is sent after the release, by another command")
    func heldIsSentLater() {
        var story = Story()
        let held = story.withdraw(Story.hers, by: Story.amina, 1_000_00)
        story.change(.freezeWallet, Story.hers, by: Self.amina)
        #expect(story.settle(held.command, of: Story.hers, .sent).code == .walletFrozen)
        story.change(.unfreezeWallet, Story.hers, by: Self.amina)
        #expect(story.settle(held.command, of: Story.hers, .sent).status == .sent)
    }

    @Test("a withdrawal that is sent when its wallet is frozen is confirmed or returned as the bank says")
    func sentGoesOn() {
        for step in [SettleWithdrawal.Step.confirmed, .returned] {
            var story = Story()
            let held = story.withdraw(Story.hers, by: Story.amina, 1_000_00)
            story.settle(held.command, of: Story.hers, .sent)
            story.change(.freezeWallet, Story.hers, by: Story.compliance)
            #expect(story.settle(held.command, of: Story.hers, step).subject == held.command)
        }
    }

    @Test("what compliance stopped its owner cannot start, and what its owner stopped outlasts what compliance did")
    func authority() {
        var story = Story()
        story.change(.freezeWallet, Story.hers, by: Self.amina)
        #expect(story.change(.freezeWallet, Story.hers, by: Self.amina).code == .walletFrozen)
        #expect(story.change(.freezeWallet, Story.hers, by: Story.compliance).code == .ok)
        #expect(story.wallet(Story.hers)?.standing.frozenBy == [.owner, .compliance])
        #expect(story.change(.freezeWallet, Story.hers, by: Self.amina).code == .walletFrozen)
        #expect(story.change(.freezeWallet, Story.hers, by: Story.compliance).code == .walletFrozen)
        #expect(story.change(.unfreezeWallet, Story.hers, by: Self.amina).code == .notPermitted)
        #expect(story.change(.unfreezeWallet, Story.hers, by: Story.compliance).transition == .walletFrozen)
        #expect(story.wallet(Story.hers)?.standing.frozenBy == .owner)
        #expect(story.change(.unfreezeWallet, Story.hers, by: Self.amina).transition == .walletUnfrozen)
        #expect(story.wallet(Story.hers)?.status == .active)
    }

    @Test("an owner's own freeze is the owner's to release; nobody else freezes a wallet, operators neither")
    func others() {
        var story = Story()
        story.change(.freezeWallet, Story.hers, by: Self.amina)
        #expect(story.change(.unfreezeWallet, Story.hers, by: Story.compliance).code == .notPermitted)
        #expect(story.change(.unfreezeWallet, Story.hers, by: Self.amina).code == .ok)
        for caller in [Self.bachir, Story.operators, Story.service] {
            #expect(story.change(.freezeWallet, Story.hers, by: caller).code == .notPermitted)
        }
    }

    @Test(
        "a frozen merchant neither refunds nor gives in to a dispute, and may answer one; operators pay nothing for it")
    func frozenMerchant() {
        var story = Story()
        let payment = story.pay(Story.hers, Story.shop, by: Story.amina, 1_000_00)
        story.change(.freezeWallet, Story.shop, by: Story.compliance)
        #expect(story.refund(payment.command, 1_00).code == .walletFrozen)
        let dispute = story.dispute(payment.command, Story.hers, by: Story.amina)
        #expect(dispute.code == .ok)
        #expect(story.settle(dispute.command, .answered).code == .ok)
        #expect(story.settle(dispute.command, .accepted).code == .walletFrozen)
        #expect(story.settle(dispute.command, .accepted, by: Story.operators).code == .walletFrozen)
        #expect(story.settle(dispute.command, .rejected, by: Story.operators).code == .ok)
    }
}

@Suite("Closing")
struct ClosingTests {
    private static let (amina, bachir) = (Story.app(Story.amina), Story.app(Story.bachir))

    @Test("a wallet with money in any bucket is not closed")
    func money() {
        var story = Story()
        let refused = story.change(.closeWallet, Story.hers, by: Self.amina)
        #expect(refused.code == .walletNotEmpty && refused.field == "total")
        #expect(refused.transition == .walletChangeRejected && story.wallet(Story.hers)?.status == .active)
        story.withdraw(Story.hers, by: Story.amina, 99_800_00)
        #expect(story.wallet(Story.hers)?.available == 0)
        #expect(story.change(.closeWallet, Story.hers, by: Self.amina).field == "total")
        story.fund(Story.shop, by: Story.karim, 1)
        story.move(Story.shop, .available, Story.shop, .reserve, by: Story.app(Story.karim), 1)
        #expect(story.wallet(Story.shop)?.available == 0)
        #expect(story.change(.closeWallet, Story.shop, by: Story.app(Story.karim)).field == "total")
    }

    @Test("a wallet with a top-up or a payout under way is not closed, and is once they have ended")
    func underWay() {
        var story = Story()
        let held = story.withdraw(Story.hers, by: Story.amina, 99_800_00)
        story.settle(held.command, of: Story.hers, .sent)
        #expect(story.wallet(Story.hers)?.snapshot.total == 0)
        let refused = story.change(.closeWallet, Story.hers, by: Self.amina)
        #expect(refused.code == .walletNotEmpty && refused.field == "under_way")
        story.settle(held.command, of: Story.hers, .confirmed)
        let topUp = story.beginTopUp(Story.hers, by: Story.amina, 1_00)
        #expect(story.change(.closeWallet, Story.hers, by: Self.amina).field == "under_way")
        story.ask(
            Story.service, .settleTopUp,
            .settleTopUp(
                SettleTopUp(
                    topUp: topUp.command, wallet: Story.hers, result: .declined, amount: Money(1_00, .dzd))))
        let closed = story.change(.closeWallet, Story.hers, by: Self.amina)
        #expect(closed.transition == .walletClosed && closed.status == .completed && closed.entries.isEmpty)
        #expect(story.wallet(Story.hers)?.status == .closed)
    }

    @Test("a payout that comes back after its wallet was closed goes to suspense")
    func returnedLate() {
        var story = Story()
        let held = story.withdraw(Story.hers, by: Story.amina, 99_800_00)
        story.settle(held.command, of: Story.hers, .sent)
        story.settle(held.command, of: Story.hers, .confirmed)
        #expect(story.change(.closeWallet, Story.hers, by: Self.amina).code == .ok)
        let returned = story.settle(held.command, of: Story.hers, .returned)
        #expect(returned.lines == [.system(.omnibus): -99_800_00, .system(.suspense): 99_800_00])
    }

    @Test("a dispute keeps payer's and merchant's wallets open until it is settled")
    func dispute() {
        var story = Story()
        let payment = story.pay(Story.hers, Story.shop, by: Story.amina, 100_000_00)
        story.transfer(Story.shop, Story.his, by: Story.karim, 98_500_00)
        let dispute = story.dispute(payment.command, Story.hers, by: Story.amina)
        #expect(story.change(.closeWallet, Story.hers, by: Self.amina).field == "under_way")
        #expect(story.change(.closeWallet, Story.shop, by: Story.app(Story.karim)).field == "under_way")
        story.settle(dispute.command, .answered)
        #expect(story.change(.closeWallet, Story.hers, by: Self.amina).field == "under_way")
        story.settle(dispute.command, .rejected, by: Story.operators)
        #expect(story.change(.closeWallet, Story.hers, by: Self.amina).code == .ok)
        #expect(story.change(.closeWallet, Story.shop, by: Story.app(Story.karim)).code == .ok)
    }

    @Test(
        "a payment to a merchant that has closed its wallet cannot be disputed: nothing gets under way there any more")
    func disputeOfClosed() {
        var story = Story()
        let payment = story.pay(Story.hers, Story.shop, by: Story.amina, 1_000_00)
        story.transfer(Story.shop, Story.his, by: Story.karim, 985_00)
        #expect(story.change(.closeWallet, Story.shop, by: Story.app(Story.karim)).code == .ok)
        let refused = story.dispute(payment.command, Story.hers, by: Story.amina)
        #expect(refused.code == .walletClosed && refused.field == "payment")
        #expect(refused.transition == .disputeRejected && story.wallet(Story.hers)?.standing.underWay == 0)
    }

    @Test("a root wallet is closed after its sub-wallets, and a sub-wallet that is closed gives its place back")
    func subWallets() {
        var story = Story()
        let taxes = story.open(under: Story.hers, by: Story.amina)
        story.transfer(Story.hers, Story.his, by: Story.amina, 100_000_00)
        let refused = story.change(.closeWallet, Story.hers, by: Self.amina)
        #expect(refused.code == .walletNotEmpty && refused.field == "sub_wallets")
        #expect(story.change(.closeWallet, taxes, by: Self.amina).code == .ok)
        #expect(story.books.owners[Story.amina]?.subWallets == 0)
        #expect(story.change(.closeWallet, Story.hers, by: Self.amina).code == .ok)
    }

    @Test(
        "sub-wallets keep their own root open and no other of their owner",
        .disabled("an owner's sub-wallets are counted in one number over all of its root wallets"))
    func otherRoot() {
        var story = Story()
        let (dinars, euros) = (WalletID(high: 0x5e, low: 8), WalletID(high: 0x5e, low: 9))
        for (wallet, currency) in [(dinars, Currency.dzd), (euros, .eur)] {
            let verification = Verification(
                level: 1, verifiedAt: story.books.time, levelOneVerifiedAt: story.books.time)
            story.ask(
                Story.app(Story.samir), .openWallet,
                .openWallet(
                    OpenWallet(
                        walletID: wallet, ownerID: Story.samir, type: .personal, currency: currency, name: nil,
                        verification: verification)))
        }
        _ = story.open(under: dinars, by: Story.samir)
        #expect(story.change(.closeWallet, dinars, by: Story.app(Story.samir)).field == "sub_wallets")
        #expect(story.change(.closeWallet, euros, by: Story.app(Story.samir)).code == .ok)
    }

    @Test("fifty sub-wallets are the most, and a closed one makes room for another")
    func fifty() {
        var story = Story()
        let first = story.open(under: Story.hers, by: Story.amina)
        for _ in 1..<50 { _ = story.open(under: Story.hers, by: Story.amina) }
        let open = { (number: UInt64) in
            Request.openSubWallet(
                OpenSubWallet(walletID: WalletID(high: 0x5e, low: number), parent: Story.hers, name: "Rent"))
        }
        let refused = story.ask(Self.amina, .openSubWallet, open(1))
        #expect(refused.code == .tooMany && refused.field == "name")
        story.change(.closeWallet, first, by: Self.amina)
        #expect(story.ask(Self.amina, .openSubWallet, open(2)).code == .ok)
    }

    @Test("a sub-wallet has its root's owner, type and currency, and none of its own below it")
    func subWalletOf() {
        var story = Story()
        let sales = story.open(under: Story.shop, by: Story.karim)
        let wallet = story.wallet(sales)
        #expect(wallet?.owner == Story.shopOwner && wallet?.type == .business && wallet?.parent == Story.shop)
        #expect(wallet?.currency == .dzd && wallet?.snapshot.total == 0)
        let below = Request.openSubWallet(
            OpenSubWallet(walletID: WalletID(high: 0x5e, low: 1), parent: sales, name: "Below"))
        #expect(story.ask(Story.app(Story.karim), .openSubWallet, below).code == .notPermitted)
        #expect(story.pay(Story.hers, sales, by: Story.amina, 1_000_00).fee == Money(15_00, .dzd))
    }

    @Test("closed is for good: nothing is paid to it or by it, and nothing opens it again")
    func forGood() {
        var story = Story()
        story.transfer(Story.hers, Story.his, by: Story.amina, 100_000_00)
        story.change(.closeWallet, Story.hers, by: Self.amina)
        for type in [CommandType.freezeWallet, .unfreezeWallet, .closeWallet] {
            #expect(story.change(type, Story.hers, by: Self.amina).code == .walletClosed)
        }
        #expect(story.change(.unfreezeWallet, Story.hers, by: Story.compliance).code == .walletClosed)
        #expect(story.beginTopUp(Story.hers, by: Story.amina, 1_00).code == .walletClosed)
        let open = Request.openSubWallet(
            OpenSubWallet(walletID: WalletID(high: 0x5e, low: 1), parent: Story.hers, name: "Rent"))
        #expect(story.ask(Self.amina, .openSubWallet, open).code == .walletClosed)
    }

    @Test("a payee that closed in between is not paid: not by a transfer, a payment, a move, or its leg of a bulk")
    func payee() {
        var story = Story()
        let taxes = story.open(under: Story.hers, by: Story.amina)
        let close = { (wallet: WalletID, user: OwnerID) in
            (Story.app(user), CommandType.closeWallet, Request.closeWallet(ChangeWallet(wallet: wallet)))
        }
        let money = Money(1_00, .dzd)
        let place = { (wallet: WalletID) in SubmitMove.Place(wallet: wallet, bucket: .available) }
        let leg = { (id: CommandID, to: WalletID) in SubmitBulk.Leg(id: id, to: to, amount: money) }
        let legs = [leg(story.newID(), taxes), leg(story.newID(), Story.his)]
        // In one batch: each was well when it was sent.
        let asked: [(Caller, CommandType, Request)] = [
            close(taxes, Story.amina), close(Story.shop, Story.karim),
            (Self.amina, .submitTransfer, .submitTransfer(SubmitTransfer(from: Story.hers, to: taxes, amount: money))),
            (
                Self.amina, .submitPayment,
                .submitPayment(SubmitPayment(from: Story.hers, to: Story.shop, amount: money, reference: "7"))
            ),
            (
                Self.amina, .submitMove,
                .submitMove(SubmitMove(from: place(Story.hers), to: place(taxes), amount: money))
            ),
            (Self.amina, .submitBulk, .submitBulk(SubmitBulk(from: Story.hers, isAllOrNothing: false, legs: legs))),
        ]
        let batch = asked.map { Books.Sent(command: story.command($0.0, $0.1, $0.2)) }
        _ = story.books.take(batch)
        #expect(
            story.books.outcomes.suffix(8).map(\.code) == [
                .ok, .ok, .walletClosed, .walletClosed, .walletClosed, .walletClosed, .ok, .ok,
            ])
        #expect(
            story.books.outcomes.suffix(6).map(\.field) == ["to", "to", "to.wallet", "legs[0].to", nil, nil])
        #expect(story.wallet(Story.hers)?.available == 99_999_00)
        #expect(story.books.paidReferences.isEmpty && story.books.faults == [])
    }
}

@Suite("Payees nobody found")
struct PayeesNobodyFoundTests {
    @Test("a payee whom nobody found is answered like a wallet that does not exist, alone and as a leg")
    func nobody() {
        let money = Money(1_00, .dzd)
        let stranger = WalletID(high: 0x5e, low: 1)
        for isFrozen in [false, true] {
            var answers: [[String]] = []
            for to in [nil, stranger] {
                var story = Story()
                if isFrozen {
                    story.ask(
                        Story.app(Story.amina), .freezeWallet, .freezeWallet(ChangeWallet(wallet: Story.hers)))
                }
                let before = story.books.outcomes.count
                story.ask(
                    Story.app(Story.amina), .submitTransfer,
                    .submitTransfer(SubmitTransfer(from: Story.hers, to: to, amount: money)))
                let legs = [
                    SubmitBulk.Leg(id: story.newID(), to: to, amount: money),
                    SubmitBulk.Leg(id: story.newID(), to: Story.his, amount: money),
                ]
                for isAllOrNothing in [false, true] {
                    story.ask(
                        Story.app(Story.amina), .submitBulk,
                        .submitBulk(SubmitBulk(from: Story.hers, isAllOrNothing: isAllOrNothing, legs: legs)))
                }
                answers.append(
                    story.books.outcomes.dropFirst(before).map { "\($0.status) \($0.code) \($0.field ?? "none")" })
            }
            #expect(answers[0] == answers[1])
            #expect(answers[0].first == (isFrozen ? "rejected walletFrozen from" : "rejected payeeNotFound to"))
            if !isFrozen { #expect(answers[0].dropFirst().first == "rejected payeeNotFound legs[0].to") }
        }
    }
}

@Suite("Teams")
struct TeamTests {
    private static func shopWithMoney() -> Story {
        var story = Story()
        story.fund(Story.shop, by: Story.karim, 10_000_00)
        return story
    }

    @Test("a manager moves the merchant's money out of every wallet, and changes nothing else")
    func manager() {
        var story = Self.shopWithMoney()
        let sales = story.open(under: Story.shop, by: Story.karim)
        let member = story.setMember(Story.samir, .manager)
        #expect(member.transition == .memberChanged && member.status == .completed && member.entries.isEmpty)
        let manager = Story.app(Story.samir)
        #expect(story.move(Story.shop, .available, sales, .available, by: manager, 1_000_00).code == .ok)
        #expect(story.transfer(sales, Story.his, by: Story.samir, 1_00).code == .ok)
        let payment = story.pay(Story.hers, sales, by: Story.amina, 1_00)
        #expect(story.refund(payment.command, 1_00, of: sales, by: Story.samir).code == .ok)
        for type in [CommandType.freezeWallet, .closeWallet] {
            #expect(story.change(type, sales, by: manager).code == .notPermitted)
        }
        #expect(story.setMember(Story.bachir, .viewer, by: Story.samir).code == .notPermitted)
        #expect(story.removeMember(Story.samir, by: Story.samir).code == .notPermitted)
        let open = Request.openSubWallet(
            OpenSubWallet(walletID: WalletID(high: 0x5e, low: 1), parent: Story.shop, name: "Mine"))
        #expect(story.ask(manager, .openSubWallet, open).code == .notPermitted)
    }

    @Test("a viewer moves nothing, whatever the token grants")
    func viewer() {
        var story = Self.shopWithMoney()
        story.setMember(Story.samir, .viewer)
        let payment = story.pay(Story.hers, Story.shop, by: Story.amina, 1_00)
        #expect(story.transfer(Story.shop, Story.his, by: Story.samir, 1).code == .notPermitted)
        #expect(story.refund(payment.command, 1, by: Story.samir).code == .notPermitted)
        let reserved = story.move(
            Story.shop, .available, Story.shop, .reserve, by: Story.app(Story.samir), 1)
        #expect(reserved.code == .notPermitted && reserved.field == "from.wallet")
    }

    @Test("a manager of one merchant is nobody at another")
    func otherMerchant() {
        var story = Self.shopWithMoney()
        story.setMember(Story.samir, .manager)
        story.fund(Story.market, by: Story.leila, 1_00)
        #expect(story.transfer(Story.market, Story.his, by: Story.samir, 1).code == .notPermitted)
    }

    @Test("a member demoted or removed in between moves nothing from then on, in the same batch already")
    func demoted() {
        let member = SetMember(wallet: Story.shop, user: Story.samir, role: .viewer)
        let changes: [(CommandType, Request)] = [
            (.setMember, .setMember(member)),
            (.removeMember, .removeMember(RemoveMember(wallet: Story.shop, user: Story.samir))),
        ]
        for (type, change) in changes {
            var story = Self.shopWithMoney()
            story.setMember(Story.samir, .manager)
            let transfer = SubmitTransfer(from: Story.shop, to: Story.his, amount: Money(1_00, .dzd))
            let asked = [
                story.command(Story.app(Story.samir), .submitTransfer, .submitTransfer(transfer)),
                story.command(Story.app(Story.karim), type, change),
                story.command(Story.app(Story.samir), .submitTransfer, .submitTransfer(transfer)),
            ]
            _ = story.books.take(asked.map { Books.Sent(command: $0) })
            #expect(story.books.outcomes.suffix(3).map(\.code) == [.ok, .ok, .notPermitted], "\(type)")
            #expect(story.transfer(Story.shop, Story.his, by: Story.samir, 1_00).code == .notPermitted, "\(type)")
            #expect(story.wallet(Story.shop)?.available == 9_999_00 && story.books.faults == [])
        }
    }

    @Test(
        "what a member began before it was removed goes on: a held withdrawal is sent, and the owner can take it back")
    func begun() {
        for cancels in [false, true] {
            var story = Self.shopWithMoney()
            story.setMember(Story.samir, .manager)
            let beneficiary = story.withdraw(Story.shop, by: Story.karim, 1_00)
            story.cancel(beneficiary.command, of: Story.shop, by: Story.karim)
            let known = story.books.beneficiaries.keys.first ?? Situation.beneficiary
            let held = story.ask(
                Story.app(Story.samir), .submitWithdrawal,
                .submitWithdrawal(
                    SubmitWithdrawal(
                        wallet: Story.shop, beneficiary: known, speed: .standard, amount: Money(1_00, .dzd))))
            story.removeMember(Story.samir)
            #expect(story.cancel(held.command, of: Story.shop, by: Story.samir).code == .notPermitted)
            let next =
                cancels
                ? story.cancel(held.command, of: Story.shop, by: Story.karim)
                : story.settle(held.command, of: Story.shop, .sent)
            #expect(next.subject == held.command)
        }
    }

    @Test("a member is given another role in its place, and a hundred are the most")
    func hundred() {
        var story = Story()
        for number in 1...100 { story.setMember(OwnerID(high: 0x5f, low: UInt64(number)), .viewer) }
        let refused = story.setMember(Story.samir, .viewer)
        #expect(refused.code == .tooMany && refused.field == "user")
        #expect(story.setMember(OwnerID(high: 0x5f, low: 7), .manager).code == .ok)
        #expect(story.books.owners[Story.shopOwner]?.team.count == 100)
        #expect(story.removeMember(OwnerID(high: 0x5f, low: 8)).code == .ok)
        #expect(story.setMember(Story.samir, .viewer).code == .ok)
    }

    @Test("the owner's own place is neither given nor taken, and a person has no team")
    func owner() {
        var story = Story()
        #expect(story.setMember(Story.karim, .viewer).code == .notPermitted)
        #expect(story.removeMember(Story.karim).code == .memberNotFound)
        let personal = story.ask(
            Story.app(Story.amina), .setMember,
            .setMember(SetMember(wallet: Story.hers, user: Story.samir, role: .viewer)))
        #expect(personal.code == .notABusiness)
    }

    @Test("a team acts on every wallet of its merchant, through whichever it was named, one that is frozen too")
    func wholeTeam() {
        var story = Self.shopWithMoney()
        let sales = story.open(under: Story.shop, by: Story.karim)
        story.change(.freezeWallet, sales, by: Story.app(Story.karim))
        story.ask(
            Story.app(Story.karim), .setMember,
            .setMember(SetMember(wallet: sales, user: Story.samir, role: .manager)))
        #expect(story.transfer(Story.shop, Story.his, by: Story.samir, 1_00).code == .ok)
        #expect(story.transfer(sales, Story.his, by: Story.samir, 1_00).code == .walletFrozen)
    }
}
