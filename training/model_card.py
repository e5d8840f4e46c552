"""模型说明卡: what a model was made from and how good it is, in Markdown, beside the model."""

from routing.artifact import Manifest
from routing.model import UNNAMED
from training.routing_data import DataReport


def model_card(manifest: Manifest, report: DataReport, split: str, seconds: float) -> str:
    """Chinese Markdown; figures with their denominators."""
    named = sum(not category.startswith(UNNAMED) for category in manifest.categories)
    held, cross = manifest.measures.get("held_out", {}), manifest.measures.get("cross_fitted", {})
    lines = [
        f"# 派单模型 {manifest.id}",
        "",
        f"- 训练器：{manifest.trainer}；随机种子：{manifest.seed}；用时：{seconds:.0f} 秒；训练时间：{manifest.created_at}",
        f"- 编码器：{manifest.encoder or '未使用'}",
        f"- 数据：{manifest.data['rows']} 条，{len(manifest.labels)} 个单位，{named} 个诉求分类；指纹 {report.hash[:16]}",
        f"- 划分：{split}",
        f"- 清洗：{'开启' if manifest.cleaning['enabled'] else '关闭'}，{report.cut} 条中删去了写明承办单位的经办用语",
        "",
        "## 质量",
        "",
        "| 指标 | 留出测试 | 训练部分交叉拟合 |",
        "| --- | --- | --- |",
    ]
    for key, name in (
        ("rows", "条数"),
        ("top1", "首选准确率"),
        ("top3", "前三命中率"),
        ("macro_f1", "宏平均 F1"),
        ("calibration_error", "校准误差 ECE"),
    ):
        lines.append(f"| {name} | {_figure(held.get(key))} | {_figure(cross.get(key))} |")
    for key, name in (("coverage", "自动派单占比"), ("precision", "自动派单准确率")):
        lines.append(
            f"| {name} | {_figure(held.get('auto', {}).get(key))} | {_figure(cross.get('auto', {}).get(key))} |"
        )
    lines += [
        "",
        "## 数据",
        "",
        f"读入 {report.rows} 行；无正文 {report.without_text} 行，无单位 {report.without_label} 行；完全重复 {report.duplicates} 条，"
        f"其中单位不一致 {len(report.conflicts)} 组；近似重复 {report.near_duplicates} 条。",
        "",
        f"样本不足 5 条、一律人工确认的单位：{'、'.join(report.rare) or '无'}。",
        "",
        "## 使用限制",
        "",
        "- 置信度低于该单位自动派单线的工单交人工；自动派单线按训练部分的交叉拟合结果、"
        f"以 {manifest.wanted_precision:.0%} 准确率为目标选定，数据变化后应重新训练。",
        "- 只学过以上单位；权责清单中的新单位由权责匹配推荐，须人工确认。",
        "",
    ]
    return "\n".join(lines)


def _figure(value: object) -> str:
    if value is None:
        return "—"
    return f"{value:.4f}" if isinstance(value, float) else str(value)
