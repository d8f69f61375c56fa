/// The way from an object's root to one of its nodes.
indirect enum SpecPath: Sendable, CustomStringConvertible {
  case root
  case member(SpecPath, String)
  case element(SpecPath, Int)

  var description: String {
    switch self {
    case .root: ""
    case .member(.root, let key): key
    case .member(let parent, let key):
      key.contains(".") || key.contains("/") ? "\(parent)['\(key)']" : "\(parent).\(key)"
    case .element(let parent, let index): "\(parent)[\(index)]"
    }
  }
}
