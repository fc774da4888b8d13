-- Which of the references that payments name are paid. The merchants' owners are locked.
SELECT paid.merchant_id, paid.reference
FROM unnest($1::uuid[], $2::text[]) AS asked (wallet_id, reference)
JOIN ledger.wallets ON wallets.id = asked.wallet_id
JOIN ledger.paid_references AS paid ON paid.merchant_id = wallets.owner_id AND paid.reference = asked.reference
