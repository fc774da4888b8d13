// A value that must not be seen by accident: every way of printing it gives ‹redacted›.

/// A password, key, PIN or token on its way from where it is read to where it is used.
///
/// It has no `Equatable`, `Hashable` or `Codable` on purpose: comparing by `==` tells by its time how much was right,
/// and encoding would print it.
public struct Secret<Content: SecretContent>: Sendable {
    private let content: Content

    public init(_ content: Content) { self.content = content }

    /// The content itself. Wherever this is called is a place to look at in a review.
    public func reveal() -> Content { content }

    /// Compares in a time that depends on the lengths only.
    public func matches(_ other: Secret) -> Bool {
        let own = content.secretBytes
        let others = other.content.secretBytes
        var difference: UInt8 = own.count == others.count ? 0 : 1
        for (left, right) in zip(own, others) { difference |= left ^ right }
        return difference == 0
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "‹redacted›" }
    public var debugDescription: String { description }
    /// Without children, so that `dump` and the description of an enclosing type show nothing either.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// What a secret may hold: text or bytes.
public protocol SecretContent: Sendable {
    var secretBytes: [UInt8] { get }
}

extension String: SecretContent {
    public var secretBytes: [UInt8] { Array(utf8) }
}

extension [UInt8]: SecretContent {
    public var secretBytes: [UInt8] { self }
}
