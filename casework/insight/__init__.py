"""分析: hot topics, figures, the departments' league, periodic reports, exports."""
