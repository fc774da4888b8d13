// The bodies of commands about money that comes in or goes out.

import Domain

extension CommandContent {
    func submitTopUp(_ fields: inout FieldReader) throws(FieldError) -> Request {
        .submitTopUp(
            SubmitTopUp(
                wallet: try fields.identifier("wallet", of: WalletKind.self),
                method: try fields.choice("method", \.name),
                amount: try fields.money("amount"),
                paymentMethod: try fields.optionalString(
                    "payment_method_id", bytesMax: BodyLimits.paymentMethodBytesMax)))
    }

    func settleTopUp(_ fields: inout FieldReader) throws(FieldError) -> Request {
        .settleTopUp(
            SettleTopUp(
                topUp: try targetIdentifier("topup", of: CommandKind.self),
                wallet: try fields.identifier("wallet", of: WalletKind.self),
                result: try fields.choice("result", \.name),
                amount: try fields.money("amount"),
                line: try fields.optionalString("line", bytesMax: BodyLimits.referenceBytesMax)))
    }

    func addBeneficiary(_ fields: inout FieldReader, _ id: CommandID) throws(FieldError) -> Request {
        .addBeneficiary(
            AddBeneficiary(
                beneficiary: BeneficiaryID(addedBy: id),
                wallet: try fields.identifier("wallet", of: WalletKind.self),
                rib: try fields.string("rib", bytesMax: BodyLimits.ribBytesMax),
                holderName: try fields.string("holder_name", bytesMax: BodyLimits.nameBytesMax)))
    }

    func verifyBeneficiary(_ fields: inout FieldReader) throws(FieldError) -> Request {
        .verifyBeneficiary(
            VerifyBeneficiary(
                beneficiary: try targetIdentifier("beneficiary", of: BeneficiaryKind.self),
                wallet: try fields.identifier("wallet", of: WalletKind.self)))
    }

    func submitWithdrawal(_ fields: inout FieldReader) throws(FieldError) -> Request {
        .submitWithdrawal(
            SubmitWithdrawal(
                wallet: try fields.identifier("wallet", of: WalletKind.self),
                beneficiary: try fields.identifier("beneficiary", of: BeneficiaryKind.self),
                speed: try fields.choice("speed", \.name),
                amount: try fields.money("amount")))
    }

    func settleWithdrawal(_ fields: inout FieldReader) throws(FieldError) -> Request {
        .settleWithdrawal(
            SettleWithdrawal(
                withdrawal: try targetIdentifier("withdrawal", of: CommandKind.self),
                wallet: try fields.identifier("wallet", of: WalletKind.self),
                step: try fields.choice("step", \.name)))
    }

    func cancelWithdrawal(_ fields: inout FieldReader) throws(FieldError) -> Request {
        .cancelWithdrawal(
            CancelWithdrawal(
                withdrawal: try targetIdentifier("withdrawal", of: CommandKind.self),
                wallet: try fields.identifier("wallet", of: WalletKind.self)))
    }

    func expireWithdrawal(_ fields: inout FieldReader) throws(FieldError) -> Request {
        .expireWithdrawal(
            ExpireWithdrawal(
                withdrawal: try targetIdentifier("withdrawal", of: CommandKind.self),
                wallet: try fields.identifier("wallet", of: WalletKind.self)))
    }

    func removeBeneficiary() throws(FieldError) -> Request {
        .removeBeneficiary(
            RemoveBeneficiary(
                beneficiary: try targetIdentifier("beneficiary", of: BeneficiaryKind.self),
                wallet: try targetIdentifier("wallet", of: WalletKind.self)))
    }
}
