// The PaySim format: one line a movement of money, read as a stream and strictly.

import Crypto
import Foundation

/// Why a file cannot be played; names the line and the field, never the value.
struct PaySimError: Error, Hashable, CustomStringConvertible {
    enum Reason: Hashable, Sendable {
        case cannotBeRead
        case notThisHeader
        case lineTooLong
        case notUTF8
        case fields(found: Int)
        case field(String)
    }

    let reason: Reason
    /// 1 is the header.
    let line: Int

    var description: String {
        switch reason {
        case .cannotBeRead: "the input file cannot be read"
        case .notThisHeader: "line \(line): this is not the header of a PaySim file"
        case .lineTooLong: "line \(line) is longer than \(LineReader.lineBytesMax) bytes"
        case .notUTF8: "line \(line) is not UTF-8"
        case .fields(let found): "line \(line) has \(found) fields, not \(PaySimRow.fieldNames.count)"
        case .field(let name): "line \(line): the field \(name) is not as it must be"
        }
    }
}

/// One movement as the file has it.
struct PaySimRow: Hashable, Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case cashIn = "CASH_IN"
        case cashOut = "CASH_OUT"
        case debit = "DEBIT"
        case payment = "PAYMENT"
        case transfer = "TRANSFER"
    }

    static let fieldNames = [
        "step", "type", "amount", "nameOrig", "oldbalanceOrg", "newbalanceOrig", "nameDest", "oldbalanceDest",
        "newbalanceDest", "isFraud", "isFlaggedFraud",
    ]

    let line: Int
    let kind: Kind
    let amount: DecimalNumber
    let origin: String
    let originBalance: DecimalNumber
    let destination: String

    /// Whether a line is the header; some copies of the data say `newbalanceOrg`.
    static func isHeader(_ text: String) -> Bool {
        var names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        if names.count > 5, names[5] == "newbalanceOrg" { names[5] = "newbalanceOrig" }
        return names == fieldNames
    }

    init(_ text: String, line: Int) throws(PaySimError) {
        let fields = text.split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count == Self.fieldNames.count else {
            throw PaySimError(reason: .fields(found: fields.count), line: line)
        }
        func wrong(_ index: Int) -> PaySimError { PaySimError(reason: .field(Self.fieldNames[index]), line: line) }
        func number(_ index: Int) throws(PaySimError) -> DecimalNumber {
            guard let number = DecimalNumber(fields[index]) else { throw wrong(index) }
            return number
        }
        func name(_ index: Int) throws(PaySimError) -> String {
            let field = fields[index]
            guard let initial = field.utf8.first, initial == UInt8(ascii: "C") || initial == UInt8(ascii: "M"),
                2...32 ~= field.utf8.count,
                field.utf8.dropFirst().allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 })
            else { throw wrong(index) }
            return String(field)
        }
        // The columns that are not used are read too: what is not a PaySim line should not pass for one.
        for index in [0, 5, 7, 8, 9, 10] { _ = try number(index) }
        guard let kind = Kind(rawValue: String(fields[1])) else { throw wrong(1) }
        self.line = line
        self.kind = kind
        amount = try number(2)
        origin = try name(3)
        originBalance = try number(4)
        destination = try name(6)
    }
}

/// Reads a PaySim file row by row, holding no more than a piece of it.
struct PaySimReader {
    private var lines: LineReader
    private var line = 1

    /// Opens the file and reads its header.
    init(path: String) throws(PaySimError) {
        lines = try LineReader(path: path)
        guard let header = try lines.next(line: line), PaySimRow.isHeader(header) else {
            throw PaySimError(reason: .notThisHeader, line: line)
        }
    }

    mutating func next() throws(PaySimError) -> PaySimRow? {
        line += 1
        guard let text = try lines.next(line: line) else { return nil }
        return try PaySimRow(text, line: line)
    }

    /// SHA-256 of all that has been read, in hex.
    var digest: String { lines.digest }
}

/// Splits a file into lines, without their ends.
struct LineReader {
    static let lineBytesMax = 4096
    private static let pieceBytes = 64 * 1024

    private let file: FileHandle
    private var buffer: [UInt8] = []
    private var position = 0
    private var isAtEnd = false
    private var hash = SHA256()

    init(path: String) throws(PaySimError) {
        guard let file = FileHandle(forReadingAtPath: path) else { throw PaySimError(reason: .cannotBeRead, line: 0) }
        self.file = file
    }

    var digest: String { hexadecimal(hash.finalize()) }

    mutating func next(line: Int) throws(PaySimError) -> String? {
        while true {
            if let end = buffer[position...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { position = end + 1 }
                return try text(position..<end, line)
            }
            if isAtEnd {
                guard position < buffer.count else { return nil }
                defer { position = buffer.count }
                return try text(position..<buffer.count, line)
            }
            guard buffer.count - position <= Self.lineBytesMax else {
                throw PaySimError(reason: .lineTooLong, line: line)
            }
            try readMore(line)
        }
    }

    private mutating func readMore(_ line: Int) throws(PaySimError) {
        buffer.removeFirst(position)
        position = 0
        do {
            guard let piece = try file.read(upToCount: Self.pieceBytes), !piece.isEmpty else {
                isAtEnd = true
                return
            }
            hash.update(data: piece)
            buffer.append(contentsOf: piece)
        } catch {
            throw PaySimError(reason: .cannotBeRead, line: line)
        }
    }

    private func text(_ range: Range<Int>, _ line: Int) throws(PaySimError) -> String {
        var bytes = buffer[range]
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw PaySimError(reason: .notUTF8, line: line)
        }
        return text
    }
}
