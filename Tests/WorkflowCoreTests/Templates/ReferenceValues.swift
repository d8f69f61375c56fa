import WorkflowCore

/// Gives plain tags what a closure says, and expressions nothing.
struct ReferenceValues: TagSource {
  let lookUp: @Sendable (Reference) throws(RenderError) -> String

  init(_ lookUp: @escaping @Sendable (Reference) throws(RenderError) -> String) { self.lookUp = lookUp }

  func text(of reference: Reference) throws(RenderError) -> String { try lookUp(reference) }

  func value(at path: [String]) throws(RenderError) -> Value? {
    guard let reference = Reference(tag: path.joined(separator: ".")) else { return nil }
    if case .inputParameters = reference { return nil }
    return .string(try lookUp(reference))
  }
}
