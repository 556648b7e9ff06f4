"""«Месяц»."""
import streamlit as st
st.title("…")
