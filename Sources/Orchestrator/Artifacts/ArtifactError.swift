/// Why an artifact could not be fetched or kept.
public struct ArtifactError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Kind: Hashable, Sendable {
    /// There is nothing at that place.
    case absent
    /// The place itself is wrong, or of a kind that is not known here.
    case invalid
    /// The store could not be reached, or would not; trying again may help.
    case unavailable
  }

  public let kind: Kind
  public let description: String

  public init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }
}
