#include "models/llm_file.h"

#include "sim/base/config/parameters.h"

namespace kvern {
namespace {

constexpr Range kCount{1, 4e9};

// What has to fit together in any transformer; the message, or "".
std::string contradiction(const LlmSpec& m) {
  if (m.heads % m.kv_heads != 0) return "heads must be a multiple of kv_heads";
  if (m.experts == 0 && m.experts_per_token > 0) return "experts_per_token without experts";
  if (m.experts > 0 && (m.experts_per_token == 0 || m.experts_per_token > m.experts)) {
    return "experts_per_token must be 1 .. experts";
  }
  return {};
}

}  // namespace

std::optional<LlmSpec> read_llm(const Config& file, const std::string& name, Issues& issues) {
  const std::size_t before = issues.all().size();
  Parameters p(&file, "llm " + name, issues);
  LlmSpec m;
  m.name = name;
  m.title = p.require<std::string>("title", "name in full");
  m.source = p.require<std::string>("source", "where the shape comes from");
  // Read by those who look for a model by its name; the shape is what counts here.
  p.list<std::string>("also", {}, "models of the same shape, by their names on Hugging Face");
  m.layers = p.require<std::uint32_t>("layers", "transformer layers", kCount);
  m.hidden = p.require<std::uint32_t>("hidden", "width of the residual stream", kCount);
  m.heads = p.require<std::uint32_t>("heads", "query heads", kCount);
  m.kv_heads = p.require<std::uint32_t>("kv_heads", "key and value heads", kCount);
  m.head_dim = p.require<std::uint32_t>("head_dim", "width of a head", kCount);
  m.intermediate =
      p.require<std::uint32_t>("intermediate", "width of the MLP, or of one expert", kCount);
  m.mlp_matrices =
      p.get("mlp_matrices", std::uint32_t{3}, "3: gate, up, down; 2: up, down", {2, 3});
  m.vocabulary = p.require<std::uint32_t>("vocabulary", "tokens", kCount);
  m.tied_embeddings = p.get("tied_embeddings", false, "the LM head is the embedding");
  m.qkv_bias = p.get("qkv_bias", false, "q, k and v have a bias");
  m.all_biases = p.get("all_biases", false, "every matrix and norm has a bias");
  m.learned_positions = p.get("learned_positions", std::uint32_t{0}, "learned position vectors");
  m.experts = p.get("experts", std::uint32_t{0}, "experts a layer, 0: dense");
  m.experts_per_token = p.get("experts_per_token", std::uint32_t{0}, "experts a token is sent to");
  m.window = p.get("window", std::uint32_t{0}, "sliding-window attention, tokens, 0: none");
  m.qk_norm = p.get("qk_norm", false, "q and k are normalised a head");
  p.finish();
  if (issues.all().size() > before) return std::nullopt;
  if (const std::string wrong = contradiction(m); !wrong.empty()) {
    issues.error(file.where, wrong);
    return std::nullopt;
  }
  return m;
}

}  // namespace kvern
