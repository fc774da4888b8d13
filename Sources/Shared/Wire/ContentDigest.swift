// When two contents are the same, and where they differ.

public import Crypto

extension CommandContent {
    /// SHA-256 over type, target and the body in canonical form (keys sorted, no white space): equal for two contents
    /// that mean the same. A body that is not JSON counts as its bytes.
    public var digest: SHA256Digest {
        var input = LengthPrefixed(capacity: body.count + 128)
        input.append(type)
        input.append(target)
        if let json = try? JSON(parsing: body) {
            var writer = JSONWriter(capacity: body.count)
            writer.value(json.sorted)
            input.append(writer.bytes)
        } else {
            input.append(body)
        }
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
    var sorted: JSON {
        switch self {
        case .object(let members):
            .object(members.map { Member($0.key, $0.value.sorted) }.sorted { $0.key < $1.key })
        case .array(let elements): .array(elements.map(\.sorted))
        default: self
        }
    }

    fileprivate func difference(from other: JSON, path: String) -> String? {
        guard case .object(let mine) = self, case .object(let theirs) = other else {
            return sorted == other.sorted ? nil : (path.isEmpty ? "body" : path)
        }
        func at(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
        for member in mine {
            guard let value = other[member.key] else { return at(member.key) }
            if let field = member.value.difference(from: value, path: at(member.key)) { return field }
        }
        return theirs.first { self[$0.key] == nil }.map { at($0.key) }
    }
}
