// Which release the programs are of.

public enum Release {
    /// The heading of CHANGELOG.md under which this code stands, in lower case.
    public static let version = "unreleased"
}
