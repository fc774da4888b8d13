// When two contents are the same, and where they differ.

public import Crypto

extension CommandContent {
    /// SHA-256 over type, target and the body in canonical form (keys sorted, no white space): equal for two contents
    /// that mean the same. A body that is not JSON counts as its bytes.
    public var digest: SHA256Digest { digest(reading: readBody()) }

    func digest(reading json: Result<JSON, FieldError>) -> SHA256Digest {
        var input = LengthPrefixed(capacity: body.count + 128)
        input.append(type)
        input.append(target)
        input.append((try? json.get())?.canonical ?? body)
        return SHA256.hash(data: input.bytes)
    }

    /// The first field in which another content differs from this one; nil when they are the same.
    public func differingField(from other: CommandContent) -> String? {
        if type != other.type { return "type" }
        if target != other.target { return "target" }
        if body == other.body { return nil }
        guard let mine = try? JSON(parsing: body), let theirs = try? JSON(parsing: other.body) else { return "body" }
        return mine.difference(from: theirs, path: "")
    }
}

extension JSON {
    /// The canonical form: keys sorted, no white space, every text by its own bytes.
    fileprivate var canonical: [UInt8] {
        var writer = JSONWriter()
        writer.sorted(self)
        return writer.bytes
    }

    fileprivate func difference(from other: JSON, path: String) -> String? {
        guard case .object(let mine) = self, case .object(let theirs) = other else {
            return canonical == other.canonical ? nil : (path.isEmpty ? "body" : path)
        }
        func at(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
        for member in mine {
            guard let value = theirs.first(where: { $0.hasKey(member.key) })?.value else { return at(member.key) }
            if let field = member.value.difference(from: value, path: at(member.key)) { return field }
        }
        return theirs.first { member in !mine.contains { $0.hasKey(member.key) } }.map { at($0.key) }
    }
}

extension JSONWriter {
    /// A value with the members of its objects in the order of their keys.
    fileprivate mutating func sorted(_ value: JSON) {
        switch value {
        case .object(let members):
            beginObject()
            for member in members.sorted(by: { $0.key < $1.key }) {
                self.member(member.key) { $0.sorted(member.value) }
            }
            endObject()
        case .array(let elements):
            beginArray()
            for element in elements { sorted(element) }
            endArray()
        default: self.value(value)
        }
    }
}

extension JSON.Member {
    /// Byte by byte: two ways of writing one character are two contents, as they are for the digest.
    fileprivate func hasKey(_ other: String) -> Bool { key.utf8.elementsEqual(other.utf8) }
}
