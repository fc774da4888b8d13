// The strict text form of the lists that an operator configures: holidays, bank codes.

/// A list of entries, one a line: a key, one space, a name. `2027-03-09 Aïd el-Fitr`, `011 CNEP-Banque`.
///
/// Lines end with a line feed. An empty line and one that begins with `#` say nothing. There is no second way to write
/// an entry: what is not of this form is an error that names its line, and never a line that is passed over.
public enum ListText {
    /// The lines a text may have, empty ones and comments counted.
    public static let linesMax = 2_000
    /// The bytes a name may have in UTF-8.
    public static let nameBytesMax = 80

    /// Why a text is not a list. It names the line and says nothing of what is there.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        public enum Reason: String, Sendable, CaseIterable {
            case tooLong = "there are more lines than a list may have"
            case noName = "a key, one space and a name are wanted"
            case key = "the key is not of its form"
            case name = "the name begins or ends with a space, is too long, or has a control character"
            case repeated = "the key was there before"
        }

        /// Counted from 1.
        public let line: Int
        public let reason: Reason

        public init(line: Int, reason: Reason) {
            self.line = line
            self.reason = reason
        }

        public var description: String { "line \(line): \(reason.rawValue)" }
    }

    /// Reads a list.
    ///
    /// - Parameter key: reads the bytes before the first space of a line; nil when they are not a key.
    /// - Returns: the names by their keys.
    static func read<Key: Hashable>(_ text: String, key: ([UInt8]) -> Key?) throws(Failure) -> [Key: String] {
        var names: [Key: String] = [:]
        var number = 0
        for line in Array(text.utf8).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            guard number <= linesMax else { throw Failure(line: number, reason: .tooLong) }
            guard let first = line.first, first != UInt8(ascii: "#") else { continue }
            guard let space = line.firstIndex(of: UInt8(ascii: " ")) else {
                throw Failure(line: number, reason: .noName)
            }
            guard let key = key(Array(line[..<space])) else { throw Failure(line: number, reason: .key) }
            let name = line[(space + 1)...]
            guard !name.isEmpty else { throw Failure(line: number, reason: .noName) }
            guard name.count <= nameBytesMax, name.first != UInt8(ascii: " "), name.last != UInt8(ascii: " "),
                name.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
            else { throw Failure(line: number, reason: .name) }
            guard names.updateValue(String(decoding: name, as: UTF8.self), forKey: key) == nil else {
                throw Failure(line: number, reason: .repeated)
            }
        }
        return names
    }
}
